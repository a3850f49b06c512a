from exporter.store.budget import Budget, SeriesLimit, Tally


def test_without_limits_everything_is_admitted() -> None:
    budget = Budget(SeriesLimit())

    assert budget.unlimited
    assert Tally(1, budget).admits(0, 10**9)


def test_a_family_is_full_when_its_limit_is_reached() -> None:
    tally = Tally(2, Budget(SeriesLimit(family=3)))
    tally.add(0, 2)

    assert tally.admits(0, 1)
    assert not tally.admits(0, 2)
    assert tally.admits(1, 3)


def test_all_kinds_of_a_cluster_share_its_limit() -> None:
    budget = Budget(SeriesLimit(cluster=10))
    pods, nodes = Tally(1, budget), Tally(1, budget)
    pods.add_all([8])

    assert nodes.admits(0, 2)
    assert not nodes.admits(0, 3)


def test_what_does_not_grow_is_always_admitted() -> None:
    tally = Tally(1, Budget(SeriesLimit(cluster=1, family=1)))
    tally.add(0, 5)

    assert tally.admits(0, 0)
    assert tally.admits(0, -1)


def test_a_new_list_may_have_what_the_old_one_had() -> None:
    budget = Budget(SeriesLimit(cluster=10))
    old, other = Tally(1, budget), Tally(1, budget)
    old.add(0, 6)
    other.add(0, 3)
    new = Tally(1, budget, old)

    assert new.admits(0, 7)
    assert not new.admits(0, 8)

    new.add(0, 7)

    assert not new.admits(0, 1)
    assert budget.used == 9


def test_a_new_list_counts_for_others_from_when_it_is_shown() -> None:
    budget = Budget(SeriesLimit(cluster=10))
    old = Tally(1, budget)
    old.add(0, 6)
    new = Tally(1, budget, old)
    new.add(0, 2)

    assert budget.used == 6

    new.show()

    assert budget.used == 2
    assert new.admits(0, 8)

    new.add(0, 8)

    assert budget.used == 10
    assert not new.admits(0, 1)
