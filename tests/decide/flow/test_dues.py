"""Who must wait for what is due, together and apart."""

from fieldfare.flow.dues import Dues


def test_together_everybody_waits_for_the_first_that_is_due() -> None:
    dues = Dues()
    assert not dues.must_wait(lambda: [1], 100)
    dues.note(1, 50)
    dues.note(2, 70)
    assert not dues.must_wait(lambda: [1], 49)
    assert dues.must_wait(lambda: [1], 50), "what is due at an instant comes before what happens then"
    assert dues.must_wait(lambda: [3], 60)
    assert dues.must_wait(list, 60)


def test_apart_only_they_wait_for_whom_it_is_due() -> None:
    dues = Dues([(1, 70), (2, 60)], apart=True)
    dues.note(1, 50)
    dues.note(1, 90)
    assert dues.must_wait(lambda: [1], 50), "the earliest counts"
    assert not dues.must_wait(lambda: [1], 49)
    assert not dues.must_wait(lambda: [2], 59)
    assert dues.must_wait(lambda: [3, 2], 60), "one of several is enough"
    assert not dues.must_wait(lambda: [3], 1_000)
    assert not dues.must_wait(list, 1_000), "what concerns nobody waits for nobody"
