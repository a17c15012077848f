from plangate import knowledge
from plangate.applications.registry import APPLICATIONS


def test_an_application_is_a_family_that_matches_its_view():
    families = knowledge.families()
    assert {name: families[name].view for name in APPLICATIONS} == {name: name for name in APPLICATIONS}
