from fieldfare.know.identity.match.to_splink import settings
from tests.decide.know.identity.match.example import small_model


def test_a_model_becomes_splinks_settings() -> None:
    told = settings(small_model())
    assert told["probability_two_random_records_match"] == 0.001
    surname = told["comparisons"][0]
    assert [each.get("is_null_level", False) for each in surname["comparison_levels"]] == [True, False, False]
    assert surname["comparison_levels"][1]["tf_adjustment_column"] == "surname"
    assert surname["comparison_levels"][2]["m_probability"] == 0.1
    assert told["blocking_rules_to_generate_predictions"] == [{"blocking_rule": "1 = 1"}]
