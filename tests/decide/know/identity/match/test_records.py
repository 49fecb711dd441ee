from fieldfare.know.identity.match.model import Field
from fieldfare.know.identity.match.records import Person, columns_of, records_of


def test_objects_are_taken_apart_and_order_of_dates_is_the_sources() -> None:
    people = [
        Person(
            "1", {"firstName": "Ann", "birthday": "24/06/1971", "address": {"street": "1 High Street"}, "vip": True}
        ),
        Person("2", {"firstName": None, "birthday": "03/04/1980", "address": {"postalCode": 1234}}),
    ]
    one, other = records_of("shop", people)
    assert (one.source, one.id, other.id) == ("shop", "1", "2")
    assert one.values == {"given_name": "ann", "formal": "ann", "date_of_birth": "19710624", "street": "1 high st"}
    assert other.values == {"date_of_birth": "19800403", "postcode": "1234"}
    assert columns_of(people)["address.postalCode"] is Field.POSTCODE
