"""The shape of ``measures.yaml``. It only describes; :mod:`fieldfare.know.audiences.parse_measure` reads."""

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta

Loose = Any


class MeasureEntry(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True, rename={"sum_": "sum"}):
    """One measure: the count of an event, the sum of a property, or the rate of two such totals."""

    event: Annotated[Loose, Meta(description="Name of the event that is counted.", examples=["Order Completed"])] = (
        UNSET
    )
    where: Annotated[Loose, Meta(description="Tests of the event's properties, as in audiences.")] = UNSET
    sum_: Annotated[Loose, Meta(description="Property that is summed in place of counting.", examples=["revenue"])] = (
        UNSET
    )
    rate: Annotated[
        Loose,
        Meta(
            description="Two totals, the first by the second: an event each, or `event` with `where` and `sum`.",
            examples=[["Email Opened", "Email Sent"]],
        ),
    ] = UNSET
    description: Annotated[str, Meta(description="What it means, for those who use it.")] = ""
    owner: Annotated[str, Meta(description="Who answers for its definition.")] = ""


class MeasuresFile(msgspec.Struct, forbid_unknown_fields=True):
    """Measures by name, for conditions and computed traits."""

    measures: Annotated[dict[str, MeasureEntry], Meta(description="Each by its name: small letters, digits and `_`.")]
