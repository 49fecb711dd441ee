"""What follows from traits: the home location and the zone of the phone's area."""

from fieldfare.know.profiles.model import Document, TraitValue
from fieldfare.know.profiles.settle import settle_home, settle_phone


def test_home_is_the_trait_when_it_is_a_text() -> None:
    document = Document(last_location="north")
    assert settle_home(document)
    assert not settle_home(document)
    document.traits["home_location"] = TraitValue("south", "app", 0, 0)
    assert settle_home(document)
    assert document.home_location == "south"
    document.traits["home_location"] = TraitValue(7, "app", 1, 1)
    assert settle_home(document)
    assert document.home_location == "north"
    document.traits["home_location"] = TraitValue("so\0uth", "app", 2, 2)
    assert settle_home(document)
    assert document.home_location == "south", "no database holds the other"


def test_the_first_phone_that_is_set_tells_the_zone() -> None:
    here, nowhere = TraitValue("+12125550123", "app", 0, 0), TraitValue("x", "app", 0, 0)
    unset = TraitValue(None, "app", 0, 0)
    for personal, zone in (
        ({"primary_phone": here}, "America/New_York"),
        ({"phone": nowhere, "primary_phone": here}, None),
        ({"phone": unset, "primary_phone": here}, "America/New_York"),
        ({"phone": unset}, None),
    ):
        document = Document(phone_zone="UTC")
        settle_phone(document, personal)
        assert document.phone_zone == zone
