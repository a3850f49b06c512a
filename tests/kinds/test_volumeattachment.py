"""Volume attachments as series."""

from __future__ import annotations

from collections.abc import Mapping

from exporter.families.selection import Selection
from exporter.families.writer import KindWriter
from exporter.kinds.volumeattachment import VolumeAttachment, volumeattachments
from exporter.kubernetes.objects import Metadata
from tests.kinds.series import every_series, series


def test_volumeattachments_are_asked_for_at_their_place() -> None:
    assert (volumeattachments.api_version, volumeattachments.resource) == (
        "storage.k8s.io/v1",
        "volumeattachments",
    )
    assert not volumeattachments.namespaced


def test_an_attachment_is_named_by_the_label_volumeattachment() -> None:
    assert volumeattachments.identity == ("volumeattachment",)
    assert volumeattachments.identity_of(VolumeAttachment(Metadata(name="va-1"))) == ("va-1",)


def test_an_attached_volume() -> None:
    attachment = {
        "metadata": {
            "name": "va-1",
            "creationTimestamp": "1970-01-01T00:00:07Z",
            "labels": {"app": "web"},
            "annotations": {"team": "x"},
        },
        "spec": {
            "attacher": "ebs.csi.aws.com",
            "nodeName": "n1",
            "source": {"persistentVolumeName": "pv-7"},
        },
        "status": {"attached": True, "attachmentMetadata": {"devicePath": "/dev/xvdba"}},
    }

    assert every_series(volumeattachments, attachment) == {
        "kube_volumeattachment_labels": ['{label_app="web"} 1'],
        "kube_volumeattachment_info": ['{attacher="ebs.csi.aws.com",node="n1"} 1'],
        "kube_volumeattachment_created": ["{} 7"],
        "kube_volumeattachment_spec_source_persistentvolume": ['{volumename="pv-7"} 1'],
        "kube_volumeattachment_status_attached": ["{} 1"],
        "kube_volumeattachment_status_attachment_metadata": [
            '{metadata_device_path="/dev/xvdba"} 1'
        ],
    }


def test_an_attachment_of_which_nothing_is_known() -> None:
    attachment: Mapping[str, object] = {
        "spec": {"source": {"inlineVolumeSpec": {}}},
        "status": None,
    }

    assert every_series(volumeattachments, attachment) == {
        "kube_volumeattachment_labels": ["{} 1"],
        "kube_volumeattachment_info": ['{attacher="",node=""} 1'],
        "kube_volumeattachment_created": [],
        "kube_volumeattachment_spec_source_persistentvolume": [],
        "kube_volumeattachment_status_attached": ["{} 0"],
        "kube_volumeattachment_status_attachment_metadata": ["{} 1"],
    }


def test_labels_are_shown_though_no_list_allows_them() -> None:
    writer = KindWriter(volumeattachments, Selection())
    attachment = VolumeAttachment(Metadata(name="va-1", labels={"app": "web"}))

    assert writer.writes[0]('cluster="c",volumeattachment="va-1"', attachment) == (
        'kube_volumeattachment_labels{cluster="c",volumeattachment="va-1",label_app="web"} 1\n'
    )


def test_keys_that_read_alike_are_numbered() -> None:
    metadata = {"publishContext.a": "1", "publishContext-a": "2", "weird/key__": "v"}

    assert series(
        volumeattachments,
        "kube_volumeattachment_status_attachment_metadata",
        {"status": {"attachmentMetadata": metadata}},
    ) == [
        (
            '{metadata_publish_context_a_conflict1="2",metadata_publish_context_a_conflict2="1",'
            'metadata_weird_key__="v"} 1'
        )
    ]
