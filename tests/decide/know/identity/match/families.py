"""Made-up people with known truth, for measuring what a matcher finds. Seeded; nobody real.

What makes matching hard is here on purpose: typing errors, everyday forms of names, moves, marriages, missing values,
twins, families at one address with one telephone, fathers and sons of one name.
"""

from random import Random
from typing import Any

import msgspec

from fieldfare.know.identity.match.records import Person

_GIVEN = [
    "James",
    "Mary",
    "Robert",
    "Patricia",
    "John",
    "Jennifer",
    "Michael",
    "Linda",
    "David",
    "Elizabeth",
    "William",
    "Barbara",
    "Richard",
    "Susan",
    "Joseph",
    "Jessica",
    "Thomas",
    "Sarah",
    "Charles",
    "Karen",
    "Christopher",
    "Lisa",
    "Daniel",
    "Nancy",
    "Matthew",
    "Betty",
    "Anthony",
    "Margaret",
    "Mark",
    "Sandra",
    "Donald",
    "Ashley",
    "Steven",
    "Kimberly",
    "Paul",
    "Emily",
    "Andrew",
    "Donna",
    "Joshua",
    "Michelle",
    "Kenneth",
    "Dorothy",
    "Kevin",
    "Carol",
    "Brian",
    "Amanda",
    "George",
    "Melissa",
    "Edward",
    "Deborah",
    "Ronald",
    "Stephanie",
    "Timothy",
    "Rebecca",
    "Jason",
    "Sharon",
    "Jeffrey",
    "Laura",
    "Ryan",
    "Cynthia",
    "Jacob",
    "Kathleen",
    "Gary",
    "Amy",
    "Nicholas",
    "Angela",
    "Eric",
    "Shirley",
    "Jonathan",
    "Anna",
    "Stephen",
    "Brenda",
    "Larry",
    "Pamela",
    "Justin",
    "Emma",
    "Scott",
    "Nicole",
    "Brandon",
    "Helen",
    "Benjamin",
    "Samantha",
    "Samuel",
    "Katherine",
    "Gregory",
    "Christine",
    "Alexander",
    "Debra",
    "Frank",
    "Rachel",
    "Patrick",
    "Carolyn",
    "Raymond",
    "Janet",
]
_EVERYDAY = {
    "James": "Jim", "Robert": "Bob", "Elizabeth": "Liz", "William": "Bill", "Richard": "Rick", "Thomas": "Tom",
    "Christopher": "Chris", "Daniel": "Dan", "Matthew": "Matt", "Margaret": "Maggie", "Anthony": "Tony",
    "Jennifer": "Jen",
    "Michael": "Mike", "Patricia": "Pat", "Benjamin": "Ben", "Samuel": "Sam", "Katherine": "Kate", "Edward": "Ed",
}  # fmt: skip
_STARTS = [
    "Ash",
    "Bar",
    "Bel",
    "Black",
    "Brad",
    "Brook",
    "Car",
    "Cas",
    "Chap",
    "Clif",
    "Dal",
    "Dun",
    "East",
    "Fair",
    "Ford",
    "Gar",
    "Gold",
    "Hal",
    "Har",
    "Hol",
    "Ken",
    "King",
    "Lang",
]
_ENDS = [
    "by",
    "croft",
    "den",
    "field",
    "ford",
    "ham",
    "hurst",
    "land",
    "ley",
    "man",
    "mer",
    "more",
    "ridge",
    "son",
    "stead",
    "ton",
    "wall",
    "ward",
    "well",
    "wick",
    "wood",
    "worth",
]
_STREETS = [
    "High",
    "Station",
    "Church",
    "Mill",
    "Park",
    "Victoria",
    "Green",
    "Queens",
    "Albert",
    "Manor",
    "Kings",
    "Grange",
    "York",
    "Springfield",
    "School",
]
_KINDS = ["Street", "Road", "Avenue", "Lane", "Drive", "Close"]
_CITIES = [
    "Northam",
    "Westbury",
    "Eastleigh",
    "Southwell",
    "Kingsport",
    "Ashford",
    "Milton",
    "Redhill",
    "Langley",
    "Thornton",
]
_DOMAINS = ["example.com", "example.net", "example.org", "mail.example"]
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


class Truth(msgspec.Struct, frozen=True):
    """Records and who each of them is."""

    people: list[Person]
    who: list[int]


def made_up(seed: int, households: int = 700) -> Truth:
    """Return records of so many households; two of five people have more than one record."""
    draw = Random(seed)
    everybody: list[dict[str, Any]] = []
    for _ in range(households):
        everybody += _household(draw)
    people, who = [], []
    for number, person in enumerate(everybody):
        times = draw.choices((1, 2, 3, 4), (60, 28, 9, 3))[0]
        for turn in range(times):
            values = dict(person) if turn == 0 else _again(draw, person)
            people.append(Person(f"{number}-{turn}", values))
            who.append(number)
    order = list(range(len(people)))
    draw.shuffle(order)
    return Truth([people[each] for each in order], [who[each] for each in order])


def _household(draw: Random) -> list[dict[str, Any]]:
    surname = draw.choice(_STARTS) + draw.choice(_ENDS)
    home = _home(draw)
    phone = _phone(draw)
    grown = draw.randint(1, 2)
    found = [_person(draw, surname, home, draw.randint(1945, 1990), phone) for _ in range(grown)]
    children = draw.choice((0, 0, 1, 2, 3))
    found += [_person(draw, surname, home, draw.randint(1990, 2012), phone) for _ in range(children)]
    if len(found) > grown and draw.random() < 0.15:  # a son of his father's name
        found[grown]["first_name"] = found[0]["first_name"]
        found[grown]["email"] = _email(draw, found[grown])
    if len(found) > grown + 1 and draw.random() < 0.15:  # twins
        found[grown + 1]["date_of_birth"] = found[grown]["date_of_birth"]
    return found


def _person(draw: Random, surname: str, home: dict[str, str], year: int, phone: str) -> dict[str, Any]:
    person: dict[str, Any] = {
        "first_name": draw.choice(_GIVEN),
        "last_name": surname,
        "date_of_birth": f"{year}-{draw.randint(1, 12):02d}-{draw.randint(1, 28):02d}",
        **home,
        "phone": phone if draw.random() < 0.4 else _phone(draw),
    }
    person["email"] = _email(draw, person)
    return person


def _home(draw: Random) -> dict[str, str]:
    city = draw.randrange(len(_CITIES))
    return {
        "street_number": str(draw.randint(1, 180)),
        "street": f"{draw.choice(_STREETS)} {draw.choice(_KINDS)}",
        "city": _CITIES[city],
        "postcode": f"{10 + city}{draw.randint(0, 99):03d}",
    }


def _phone(draw: Random) -> str:
    return f"07{draw.randint(0, 999_999_999):09d}"


def _email(draw: Random, person: dict[str, Any]) -> str:
    name = f"{person['first_name']}.{person['last_name']}".lower()
    return f"{name}{draw.randint(1, 9_999)}@{draw.choice(_DOMAINS)}"  # an address has one owner


def _again(draw: Random, person: dict[str, Any]) -> dict[str, Any]:
    """Return another record of the person, as another till, form or year has it."""
    values = dict(person)
    if draw.random() < 0.2:
        values |= _home(draw)  # moved
    if draw.random() < 0.2:
        values["phone"] = _phone(draw)
    if draw.random() < 0.25:
        values["email"] = _email(draw, person)
    if draw.random() < 0.15:
        values["first_name"] = _EVERYDAY.get(person["first_name"], person["first_name"][0])
    if draw.random() < 0.04:
        values["last_name"] = draw.choice(_STARTS) + draw.choice(_ENDS)  # married
    if draw.random() < 0.02:
        values["first_name"], values["last_name"] = values["last_name"], values["first_name"]
    for name in ("first_name", "last_name", "date_of_birth", "street", "email", "phone", "postcode"):
        if draw.random() < 0.06:
            values[name] = _mistyped(draw, values[name])
        if draw.random() < 0.1:
            del values[name]
    return values


def _mistyped(draw: Random, text: str) -> str:
    at = draw.randrange(len(text))
    digit = text[at].isdigit()
    letter = str(draw.randint(0, 9)) if digit else draw.choice(_LETTERS)
    match draw.randrange(4 if not digit else 2):
        case 0:
            return text[:at] + letter + text[at + 1 :]
        case 1:
            return text[:at] + text[at : at + 2][::-1] + text[at + 2 :]
        case 2:
            return text[:at] + letter + text[at:]
        case _:
            return text[:at] + text[at + 1 :] if len(text) > 1 else text
