from fieldfare.know.identity.match.nicknames import formal_name


def test_everyday_forms_lead_to_one_name_and_others_stay() -> None:
    assert formal_name("bob") == formal_name("robert") == formal_name("rob") == "robert"
    assert formal_name("liz") == formal_name("elisabeth") == "elizabeth"
    assert formal_name("wendelin") == "wendelin"
    assert formal_name("bob lee") == "robert"
