"""Ingresses as series."""

from __future__ import annotations

from collections.abc import Mapping

from exporter.kinds.ingress import Ingress, ingresses
from exporter.kubernetes.objects import Metadata
from tests.kinds.series import every_series, series


def paths(*rules: object) -> list[str]:
    return series(ingresses, "kube_ingress_path", {"spec": {"rules": rules}})


def path(backend: object) -> object:
    path = {"path": "/", "pathType": "Prefix", "backend": backend}
    return {"host": "a.example.com", "http": {"paths": [path]}}


def class_of(spec: Mapping[str, object], annotations: Mapping[str, str]) -> list[str]:
    return series(
        ingresses, "kube_ingress_info", {"metadata": {"annotations": annotations}, "spec": spec}
    )


def test_ingresses_are_asked_for_at_their_place() -> None:
    assert (ingresses.api_version, ingresses.resource) == ("networking.k8s.io/v1", "ingresses")
    assert ingresses.namespaced


def test_an_ingress_is_named_by_namespace_and_name() -> None:
    named = Ingress(Metadata(name="web", namespace="shop"))

    assert ingresses.identity == ("namespace", "ingress")
    assert ingresses.identity_of(named) == ("shop", "web")


def test_an_ingress_that_leads_to_a_service() -> None:
    service = {"name": "web", "port": {"number": 80}}
    ingress = {
        "metadata": {
            "name": "web",
            "namespace": "shop",
            "resourceVersion": "42",
            "creationTimestamp": "1970-01-01T00:00:07Z",
            "labels": {"app.kubernetes.io/partOf": "shop"},
            "annotations": {"team": "x"},
        },
        "spec": {
            "ingressClassName": "nginx",
            "rules": [path({"service": service})],
            "tls": [{"hosts": ["a.example.com", "b.example.com"], "secretName": "tls"}],
        },
        "status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}]}},
    }

    assert every_series(ingresses, ingress) == {
        "kube_ingress_info": ['{ingressclass="nginx"} 1'],
        "kube_ingress_annotations": ['{annotation_team="x"} 1'],
        "kube_ingress_labels": ['{label_app_kubernetes_io_part_of="shop"} 1'],
        "kube_ingress_created": ["{} 7"],
        "kube_ingress_metadata_resource_version": ["{} 42"],
        "kube_ingress_path": [
            (
                '{host="a.example.com",path="/",path_type="Prefix",'
                'service_name="web",service_port="80"} 1'
            )
        ],
        "kube_ingress_tls": [
            '{tls_host="a.example.com",secret="tls"} 1',
            '{tls_host="b.example.com",secret="tls"} 1',
        ],
    }


def test_a_path_that_leads_to_another_object_has_other_labels() -> None:
    bucket = {"apiGroup": "k8s.example.com", "kind": "Bucket", "name": "static"}

    assert paths(path({"resource": bucket})) == [
        (
            '{host="a.example.com",path="/",path_type="Prefix",'
            'resource_api_group="k8s.example.com",resource_kind="Bucket",resource_name="static"} 1'
        )
    ]


def test_an_object_of_the_core_group_has_an_empty_group() -> None:
    assert paths(path({"resource": {"kind": "ConfigMap", "name": "page"}})) == [
        (
            '{host="a.example.com",path="/",path_type="Prefix",'
            'resource_api_group="",resource_kind="ConfigMap",resource_name="page"} 1'
        )
    ]


def test_a_port_that_has_only_a_name_is_0() -> None:
    (line,) = paths(path({"service": {"name": "web", "port": {"name": "http"}}}))

    assert line.endswith('service_name="web",service_port="0"} 1')


def test_a_backend_that_says_nothing_has_empty_labels() -> None:
    (service, resource) = paths(path({"service": {}}), path({"resource": {}}))

    assert service.endswith(',service_name="",service_port="0"} 1')
    assert resource.endswith(',resource_api_group="",resource_kind="",resource_name=""} 1')


def test_of_a_service_and_a_resource_the_service_counts() -> None:
    resource = {"kind": "Bucket", "name": "b"}
    (line,) = paths(path({"service": {"name": "web"}, "resource": resource}))

    assert 'service_name="web"' in line
    assert "resource" not in line


def test_a_path_that_leads_nowhere_is_not_shown() -> None:
    assert paths(path({})) == []


def test_an_old_path_may_have_no_type_and_a_rule_no_host_or_paths() -> None:
    backend = {"service": {"name": "web", "port": {"number": 1}}}

    assert paths(
        {"http": {"paths": [{"backend": backend}]}}, {"host": "b.example.com"}, {"http": None}
    ) == ['{host="",path="",path_type="",service_name="web",service_port="1"} 1']


def test_the_same_path_twice_is_shown_once() -> None:
    once = path({"service": {"name": "web"}})

    assert len(paths(once, once)) == 1


def test_quotes_in_a_path_are_escaped() -> None:
    backend = {"service": {"name": "web"}}
    (line,) = paths({"http": {"paths": [{"path": '/q"uote\\', "backend": backend}]}})

    assert 'path="/q\\"uote\\\\",' in line


def test_the_annotation_names_the_class_before_the_field_does() -> None:
    annotation = {"kubernetes.io/ingress.class": "legacy"}

    assert class_of({"ingressClassName": "nginx"}, annotation) == ['{ingressclass="legacy"} 1']
    assert class_of({"ingressClassName": "nginx"}, {}) == ['{ingressclass="nginx"} 1']
    assert class_of({}, {}) == ['{ingressclass="_default"} 1']


def test_a_class_that_is_named_by_nothing_is_not_the_default() -> None:
    annotation = {"kubernetes.io/ingress.class": ""}

    assert class_of({"ingressClassName": "nginx"}, annotation) == ['{ingressclass=""} 1']
    assert class_of({"ingressClassName": ""}, {}) == ['{ingressclass=""} 1']
    assert class_of({"ingressClassName": None}, {}) == ['{ingressclass="_default"} 1']


def test_a_secret_without_hosts_is_not_shown_and_hosts_need_no_secret() -> None:
    tls = [{"secretName": "unused"}, {"hosts": ["a.example.com"]}]

    assert series(ingresses, "kube_ingress_tls", {"spec": {"tls": tls}}) == [
        '{tls_host="a.example.com",secret=""} 1'
    ]
