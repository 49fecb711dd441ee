"""Values that a JSON Schema allows, drawn by a name: the properties of events that nobody's habits tell of. Pure.

It knows the words that contracts use (type, enum, const, minimum, maximum, length, format, required, items). What other
words ask for may be missed; such an event is a dead letter then, and the report counts it.
"""

from typing import Any

from fieldfare.ground.ids import fraction

_TEXTS = {
    "date": "2026-01-31",
    "date-time": "2026-01-31T18:00:00Z",
    "email": "somebody@example.com",
    "uri": "https://example.com/",
    "uuid": "00000000-0000-4000-8000-000000000000",
}
_SPAN = 10.0
MOST_ITEMS = 2


def sample(schema: dict[str, Any], *name: str | int) -> Any:
    """Return a value of the schema; the same for the same name."""
    place = fraction("sample", *name)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][int(place * len(schema["enum"]))]
    kind = schema.get("type", "object" if "properties" in schema else "string")
    kind = next((each for each in kind if each != "null"), "null") if isinstance(kind, list) else kind
    match kind:
        case "object":
            wanted = schema.get("properties", {})
            named = {key: wanted.get(key, {}) for key in (*wanted, *schema.get("required", ()))}
            return {key: sample(each, *name, key) for key, each in named.items()}
        case "array":
            count = max(1, min(schema.get("minItems", 1), MOST_ITEMS))
            return [sample(schema.get("items", {}), *name, number) for number in range(count)]
        case "integer":
            return int(_number(schema, place))
        case "number":
            return round(_number(schema, place), 2)
        case "boolean":
            return place < 0.5  # noqa: PLR2004 - half of them
        case "null":
            return None
        case _:
            text = _TEXTS.get(schema.get("format", ""), f"value-{int(place * 10)}")
            return text.ljust(schema.get("minLength", 0), "x")[: schema.get("maxLength", len(text) + 99)]


def _number(schema: dict[str, Any], place: float) -> float:
    above, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    low = schema.get("minimum", above + 1 if above is not None else None)
    high = schema.get("maximum", below - 1 if below is not None else None)
    if low is None:
        low = 0.0 if high is None else high - _SPAN
    if high is None:
        high = low + _SPAN
    return float(low) + (float(high) - float(low)) * place
