"""A small model by hand, for tests of scoring and explaining."""

from fieldfare.know.identity.match.model import Comparison, Level, Model, Relation


def small_model() -> Model:
    """Return a model over surname and phone, with the household beside."""
    surname = Comparison(
        name="surname",
        fields=("surname",),
        levels=(
            Level(label="missing", condition="surname_l IS NULL OR surname_r IS NULL", is_missing=True),
            Level(
                label="same surname", condition="surname_l = surname_r", rare="surname", m=0.9, u=0.01, others=(0.9,)
            ),
            Level(label="other surname", condition="ELSE", m=0.1, u=0.99, others=(0.1,)),
        ),
    )
    phone = Comparison(
        name="phone",
        fields=("phone",),
        levels=(
            Level(label="missing", condition="phone_l IS NULL OR phone_r IS NULL", is_missing=True),
            Level(label="same phone number", condition="phone_l = phone_r", m=0.8, u=0.001, others=(0.001,)),
            Level(label="other phone number", condition="ELSE", m=0.2, u=0.999, others=(0.999,)),
        ),
    )
    home = Relation(name="two people of one household", agree=frozenset({"surname"}), share=0.002)
    return Model(
        fields=("phone", "surname"),
        blocking=("1 = 1",),
        comparisons=(surname, phone),
        same=0.001,
        relations=(home,),
        records=1_000,
        pairs=499_500,
    )
