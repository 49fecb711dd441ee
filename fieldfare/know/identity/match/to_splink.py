"""Write a model as Splink's settings. Pure; runs nothing."""

from typing import Any

from fieldfare.know.identity.match.model import Comparison, Level, Model

ID, TABLE = "unique_id", "people"
LEAST_SHARE = 1e-12


def settings(model: Model) -> dict[str, Any]:
    """Return the settings dictionary that scores by this model."""
    return {
        "link_type": "dedupe_only",
        "unique_id_column_name": ID,
        "probability_two_random_records_match": min(max(model.same, LEAST_SHARE), 0.5),
        "blocking_rules_to_generate_predictions": [{"blocking_rule": rule} for rule in model.blocking],
        "comparisons": [_comparison(each) for each in model.comparisons],
        "retain_matching_columns": True,
        "retain_intermediate_calculation_columns": True,
        "additional_columns_to_retain": [],
    }


def _comparison(comparison: Comparison) -> dict[str, Any]:
    return {
        "output_column_name": comparison.name,
        "comparison_description": comparison.name.replace("_", " "),
        "comparison_levels": [_level(level) for level in comparison.levels],
    }


def _level(level: Level) -> dict[str, Any]:
    told: dict[str, Any] = {"sql_condition": level.condition, "label_for_charts": level.label}
    if level.is_missing:
        return {**told, "is_null_level": True}
    if level.m > 0:
        told |= {"m_probability": max(level.m, LEAST_SHARE), "u_probability": max(level.u, LEAST_SHARE)}
    if level.rare is not None:
        told |= {
            "tf_adjustment_column": level.rare,
            "tf_adjustment_weight": 1.0,
            "disable_tf_exact_match_detection": True,
        }
    return told
