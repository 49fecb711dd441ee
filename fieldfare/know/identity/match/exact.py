"""``Matcher`` that learns nothing: two records may be one person when what identifies people is the same. Pure.

Few pairs, all of them plausible; its confidences are set, not learnt. It needs nothing installed and no number of
records.
"""

from collections.abc import Sequence

from fieldfare.know.identity.match.model import Comparison, Level, Model, Pair, Record

RULES: tuple[tuple[tuple[str, ...], float], ...] = (
    (("national_id", "surname"), 0.98),
    (("email", "given_name", "surname"), 0.97),
    (("given_name", "surname", "date_of_birth", "postcode"), 0.97),
    (("phone", "given_name", "surname"), 0.93),
    (("given_name", "surname", "date_of_birth"), 0.85),
    (("email", "given_name"), 0.85),
    (("given_name", "surname", "street", "postcode"), 0.7),
    (("email",), 0.6),
)
"""Columns that must be the same, and how sure that makes; the surest first."""
MOST_ALIKE = 20
"""So many records of one value tell nothing: a desk's telephone, a family's e-mail address, a test's name."""


class ExactMatcher:
    """``Matcher`` by fixed rules."""

    def train(self, records: Sequence[Record]) -> Model:
        """Return the rules as a model."""
        levels = tuple(
            Level(
                label="same " + ", ".join(column.replace("_", " ") for column in columns),
                condition=" AND ".join(f"{column}_l = {column}_r" for column in columns),
                m=probability,
                u=1 - probability,
            )
            for columns, probability in RULES
        )
        fields = tuple(sorted({column for columns, _ in RULES for column in columns}))
        return Model(
            fields=fields,
            blocking=(),
            comparisons=(Comparison(name="rule", fields=fields, levels=levels),),
            same=0.0,
            relations=(),
            records=len(records),
            pairs=0,
        )

    def score(self, records: Sequence[Record], model: Model) -> list[Pair]:
        """Return the pairs for which a rule holds, each by the surest."""
        found: dict[tuple[int, int], Pair] = {}
        for at, (columns, probability) in enumerate(RULES):
            alike: dict[tuple[str | None, ...], list[int]] = {}
            for index, record in enumerate(records):
                values = tuple(record.values.get(column) for column in columns)
                if None not in values:
                    alike.setdefault(values, []).append(index)
            for group in alike.values():
                if len(group) > MOST_ALIKE:
                    continue
                for place, left in enumerate(group):
                    for right in group[place + 1 :]:
                        found.setdefault((left, right), Pair(left, right, probability, (), (at,)))
        return list(found.values())
