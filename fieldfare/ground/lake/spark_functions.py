"""Functions that our expressions call by DuckDB's names, as Spark knows them: the one place for what differs by name.

Ibis writes the operations that both engines have; what it has none for is called as a function, and here each of those
is given its Spark body. A JSON text is read as a map of variants, so that any name can be asked for and the type of
what stands there is known; what is no JSON object has no values. Nothing is run here.
"""

_KEY = "replace(replace(substr(path, 2), '~1', '/'), '~0', '~')"
_AT = f"try_element_at(from_json(document, 'map<string,variant>'), {_KEY})"
_LIST = "try_variant_get(try_parse_json(document), '$', 'array<variant>')"
_ITEMS = f"transform({_LIST}, item -> to_json(item))"


def _type_of(variant: str) -> str:
    kind = f"split(schema_of_variant({variant}), '[<(]', 2)[0]"
    named = {"VOID": "NULL", "STRING": "VARCHAR", "BOOLEAN": "BOOLEAN", "ARRAY": "ARRAY", "OBJECT": "OBJECT"}
    cases = " ".join(f"WHEN '{spark}' THEN '{duck}'" for spark, duck in named.items())
    numbers = " ".join(f"WHEN '{spark}' THEN 'DOUBLE'" for spark in ("BIGINT", "DECIMAL", "DOUBLE", "FLOAT"))
    return f"CASE {kind} {cases} {numbers} END"


FUNCTIONS = (
    f"json_type(document STRING, path STRING) RETURNS STRING RETURN {_type_of(_AT)}",
    f"json_extract_string(document STRING, path STRING) RETURNS STRING RETURN try_variant_get({_AT}, '$', 'string')",
    f"json_extract_path(document STRING, path STRING) RETURNS STRING RETURN to_json({_AT})",
    f"json_extract_list(document STRING, path STRING) RETURNS ARRAY<STRING> RETURN {_ITEMS}",
)
"""Bodies of temporary functions, each for ``CREATE TEMPORARY FUNCTION``."""
