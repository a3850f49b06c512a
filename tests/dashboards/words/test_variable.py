from dashboards.source.words.variable import Variable, datasource

POD = Variable(name="pod", label="Pod", metric='kube_pod_info{cluster=~"$cluster"}')


def test_its_values_are_those_of_a_label() -> None:
    asked = POD.json()

    assert asked["query"]["query"] == 'label_values(kube_pod_info{cluster=~"$cluster"}, pod)'
    assert asked["definition"] == asked["query"]["query"]


def test_it_begins_with_all_which_is_a_pattern() -> None:
    asked = POD.json()

    assert asked["current"]["value"] == ["$__all"]
    assert asked["allValue"] == ".+"


def test_the_first_prometheus_is_chosen_where_there_is_one() -> None:
    assert datasource()["query"] == "prometheus"
    assert datasource()["current"] == {}
