from dashboards.source.words.threshold import PLAIN, Limit, Threshold, counting

WARNING = Limit("Warm", "warning", 80)
CRITICAL = Limit("Hot", "critical", 90)


def colours(threshold: Threshold) -> list[tuple[float | None, str]]:
    return [(step["value"], step["color"]) for step in threshold.steps()]


def test_each_colour_begins_at_its_limit() -> None:
    threshold = Threshold(limits=(WARNING, CRITICAL))

    assert colours(threshold) == [(None, "green"), (80, "orange"), (90, "red")]


def test_what_is_worse_the_less_there_is_begins_red() -> None:
    threshold = Threshold(
        limits=(Limit("Low", "warning", 14), Limit("Low", "critical", 2)), falling=True
    )

    assert colours(threshold) == [(None, "red"), (2, "orange"), (14, "green")]


def test_a_whole_number_is_fine_up_to_the_limit_itself() -> None:
    threshold = Threshold(limits=(Limit("Behind", "info", 3),), whole=True)

    assert colours(threshold) == [(None, "green"), (4, "blue")]


def test_one_of_what_an_alert_fires_for_is_enough() -> None:
    assert colours(counting("critical", "Down")) == [(None, "green"), (1, "red")]


def test_without_an_alert_nothing_is_coloured() -> None:
    assert colours(PLAIN) == [(None, "text")]
