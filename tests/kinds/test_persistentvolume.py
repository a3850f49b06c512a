"""Persistent volumes as series."""

from __future__ import annotations

import re

import pytest

from exporter.kinds.persistentvolume import PersistentVolume, persistentvolumes
from exporter.kubernetes.objects import Metadata
from tests.kinds.series import every_series, series


def of_spec(family: str, **spec: object) -> list[str]:
    return series(persistentvolumes, family, {"spec": spec})


def made_of(**spec: object) -> dict[str, str]:
    """The labels of `kube_persistentvolume_info` that are not empty."""
    (line,) = of_spec("kube_persistentvolume_info", **spec)
    return dict(re.findall(r'([a-z_]+)="([^"]+)"', line))


def phase(phase: str) -> list[str]:
    return series(
        persistentvolumes, "kube_persistentvolume_status_phase", {"status": {"phase": phase}}
    )


def test_persistentvolumes_are_asked_for_at_their_place() -> None:
    assert (persistentvolumes.api_version, persistentvolumes.resource) == (
        "v1",
        "persistentvolumes",
    )
    assert not persistentvolumes.namespaced


def test_a_volume_is_named_by_the_label_persistentvolume() -> None:
    assert persistentvolumes.identity == ("persistentvolume",)
    assert persistentvolumes.identity_of(PersistentVolume(Metadata(name="pv-7"))) == ("pv-7",)


def test_a_bound_volume_of_a_csi_driver() -> None:
    volume = {
        "metadata": {
            "name": "pv-7",
            "resourceVersion": "42",
            "creationTimestamp": "1970-01-01T00:00:07Z",
            "labels": {"app.kubernetes.io/partOf": "shop"},
            "deletionTimestamp": "1970-01-01T00:00:09Z",
            "annotations": {"team": "x"},
        },
        "spec": {
            "storageClassName": "fast",
            "persistentVolumeReclaimPolicy": "Retain",
            "volumeMode": "Block",
            "accessModes": ["ReadWriteOnce", "ReadOnlyMany"],
            "capacity": {"storage": "1Ki"},
            "claimRef": {"kind": "PersistentVolumeClaim", "name": "data-0", "namespace": "shop"},
            "csi": {
                "driver": "rbd.csi.ceph.com",
                "volumeHandle": "h-1",
                "volumeAttributes": {"mounter": "nbd", "mapOptions": "krbd:x", "pool": "p"},
            },
        },
        "status": {"phase": "Bound"},
    }

    assert every_series(persistentvolumes, volume) == {
        "kube_persistentvolume_claim_ref": ['{name="data-0",claim_namespace="shop"} 1'],
        "kube_persistentvolume_annotations": ['{annotation_team="x"} 1'],
        "kube_persistentvolume_labels": ['{label_app_kubernetes_io_part_of="shop"} 1'],
        "kube_persistentvolume_status_phase": [
            '{phase="Pending"} 0',
            '{phase="Available"} 0',
            '{phase="Bound"} 1',
            '{phase="Released"} 0',
            '{phase="Failed"} 0',
        ],
        "kube_persistentvolume_info": [
            (
                '{storageclass="fast",gce_persistent_disk_name="",ebs_volume_id="",azure_disk_name="",'
                'fc_wwids="",fc_lun="",fc_target_wwns="",iscsi_target_portal="",iscsi_iqn="",'
                'iscsi_lun="",iscsi_initiator_name="",nfs_server="",nfs_path="",'
                'csi_driver="rbd.csi.ceph.com",csi_volume_handle="h-1",local_path="",local_fs="",'
                'host_path="",host_path_type="",reclaim_policy="Retain"} 1'
            )
        ],
        "kube_persistentvolume_capacity_bytes": ["{} 1024"],
        "kube_persistentvolume_created": ["{} 7"],
        "kube_persistentvolume_deletion_timestamp": ["{} 9"],
        "kube_persistentvolume_csi_attributes": ['{csi_mounter="nbd",csi_map_options="krbd:x"} 1'],
        "kube_persistentvolume_volume_mode": ['{volumemode="Block"} 1'],
        "kube_persistentvolume_access_mode": [
            '{access_mode="ReadWriteOnce"} 1',
            '{access_mode="ReadOnlyMany"} 1',
        ],
    }


def test_a_volume_that_says_nothing_has_few_series() -> None:
    shown = {name: lines for name, lines in every_series(persistentvolumes, {}).items() if lines}

    assert set(shown) == {
        "kube_persistentvolume_annotations",
        "kube_persistentvolume_labels",
        "kube_persistentvolume_info",
        "kube_persistentvolume_capacity_bytes",
        "kube_persistentvolume_volume_mode",
    }
    assert shown["kube_persistentvolume_capacity_bytes"] == ["{} 0"]
    assert shown["kube_persistentvolume_volume_mode"] == ['{volumemode="Filesystem"} 1']
    assert made_of() == {}


def test_clouds_have_their_disks() -> None:
    assert made_of(gcePersistentDisk={"pdName": "d"}) == {"gce_persistent_disk_name": "d"}
    assert made_of(awsElasticBlockStore={"volumeID": "vol-1"}) == {"ebs_volume_id": "vol-1"}
    assert made_of(azureDisk={"diskName": "d", "diskURI": "u"}) == {"azure_disk_name": "d"}


def test_fibre_channel_is_named_by_a_lun_and_targets_or_by_identifiers() -> None:
    assert made_of(fc={"lun": 0, "targetWWNs": ["a", "b"]}) == {
        "fc_lun": "0",
        "fc_target_wwns": "a,b",
    }
    assert made_of(fc={"wwids": ["c", "d"]}) == {"fc_wwids": "c,d"}


def test_no_comma_comes_before_the_first_identifier() -> None:
    assert made_of(fc={"wwids": ["", "", "a", "", "b"]}) == {"fc_wwids": "a,,b"}


def test_iscsi_always_has_a_lun() -> None:
    assert made_of(iscsi={"targetPortal": "10.0.0.5:3260", "iqn": "iqn.x", "lun": 3}) == {
        "iscsi_target_portal": "10.0.0.5:3260",
        "iscsi_iqn": "iqn.x",
        "iscsi_lun": "3",
    }
    assert made_of(iscsi={"initiatorName": "iqn.y"}) == {
        "iscsi_lun": "0",
        "iscsi_initiator_name": "iqn.y",
    }


def test_files_come_from_servers_and_nodes() -> None:
    assert made_of(nfs={"server": "nfs.example.com", "path": "/exp/a b"}) == {
        "nfs_server": "nfs.example.com",
        "nfs_path": "/exp/a b",
    }
    assert made_of(local={"path": "/mnt/ssd", "fsType": "ext4"}) == {
        "local_path": "/mnt/ssd",
        "local_fs": "ext4",
    }
    assert made_of(hostPath={"path": "/data", "type": "DirectoryOrCreate"}) == {
        "host_path": "/data",
        "host_path_type": "DirectoryOrCreate",
    }


def test_optional_fields_may_be_null() -> None:
    assert (
        made_of(fc={"lun": None, "wwids": None}, local={"path": "/", "fsType": None}, csi=None)
        == {}
    )
    assert made_of(local={"path": "/", "fsType": None}) == {"local_path": "/"}


def test_a_source_that_says_nothing_has_no_labels_but_the_lun_of_iscsi() -> None:
    sources = (
        "gcePersistentDisk",
        "awsElasticBlockStore",
        "azureDisk",
        "fc",
        "nfs",
        "csi",
        "local",
    )

    assert [made_of(**{source: {}}) for source in (*sources, "hostPath")] == [{}] * 8
    assert made_of(iscsi={}) == {"iscsi_lun": "0"}


@pytest.mark.parametrize("later", [{"csi": {"driver": "d"}}, {"hostPath": {"path": "/"}}])
def test_of_two_sources_the_first_counts(later: dict[str, object]) -> None:
    assert made_of(nfs={"path": "/exp"}, **later) == {"nfs_path": "/exp"}


def test_a_volume_of_a_source_that_is_not_known_tells_its_class_and_policy() -> None:
    assert made_of(
        photonPersistentDisk={"pdID": "x"},
        storageClassName="slow",
        persistentVolumeReclaimPolicy="Delete",
    ) == {"storageclass": "slow", "reclaim_policy": "Delete"}


@pytest.mark.parametrize(
    ("storage", "bytes_"), [("10G", "10000000000"), ("1500m", "2"), ("12E", "0")]
)
def test_the_capacity_is_in_whole_bytes_rounded_up_and_overflows_as_in_go(
    storage: str, bytes_: str
) -> None:
    capacity = {"storage": storage, "ephemeral-storage": "1"}

    assert of_spec("kube_persistentvolume_capacity_bytes", capacity=capacity) == [f"{{}} {bytes_}"]


def test_a_capacity_that_is_not_a_quantity_costs_its_own_series_only() -> None:
    assert of_spec("kube_persistentvolume_capacity_bytes", capacity={"storage": "lots"}) == []


def test_a_volume_is_in_one_phase_in_none_that_is_known_or_in_none_at_all() -> None:
    assert '{phase="Released"} 1' in phase("Released")
    assert sum(line.endswith(" 1") for line in phase("Released")) == 1
    assert [line.endswith(" 0") for line in phase("Odd")] == [True] * 5
    assert phase("") == []


def test_a_claim_may_be_anywhere_or_nowhere() -> None:
    assert of_spec("kube_persistentvolume_claim_ref", claimRef={}) == [
        '{name="",claim_namespace=""} 1'
    ]
    assert of_spec("kube_persistentvolume_claim_ref", claimRef=None) == []


def test_attributes_are_shown_when_asked_for_and_only_those_of_ceph() -> None:
    (family,) = (one for one in persistentvolumes.families if "csi_attributes" in one.name)

    assert family.opt_in
    assert of_spec("kube_persistentvolume_csi_attributes", csi={"driver": "d"}) == [
        '{csi_mounter="",csi_map_options=""} 1'
    ]
    assert of_spec("kube_persistentvolume_csi_attributes", nfs={"path": "/"}) == []
