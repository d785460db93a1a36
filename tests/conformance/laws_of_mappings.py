"""What a merchant maps: what is missing is said before any call, and a change sends what it changes."""

from conformance.bench import PRODUCTS, Bench
from conformance.law import Exempt, law

from pixee_common.domain.reasons import ReasonCode


@law(PRODUCTS)
async def a_missing_mapping_costs_no_call_and_says_what_to_map(bench: Bench) -> None:
    """The item is rejected with the path in the mapping and our own word; mapped, it goes through.

    If it fails: turn `Unmapped` into a refusal in `mapped` (`missing_mapping.missing_mapping`), not into a guess.
    """
    demand = bench.profile.demand
    if demand is None:
        raise Exempt("the profile names nothing that has to be mapped")
    product, _ = await bench.rows.add_product("M0")
    await bench.set_content(product, demand.content)
    await bench.set_mapping(demand.lacking)
    result = await bench.push(PRODUCTS, [product])
    assert bench.log() == [], "a call was made for it"
    assert result.letters == "r", f"it ended as {result.letters}"
    issue = result.issues[0]
    assert issue.reason is ReasonCode.MISSING_MAPPING, f"the reason is {issue.reason}"
    assert issue.field == demand.field, f"the field is {issue.field}"
    for word in (demand.field, demand.ours):
        assert word in (issue.message or ""), f"the message does not name {word}: {issue.message}"
    await bench.set_mapping(demand.complete)
    result = await bench.push(PRODUCTS, [product])
    assert result.letters == "a", f"mapped, it ended as {result.letters} {result.issues}"
    assert "M0" in await bench.read()


@law(PRODUCTS)
async def a_new_mapping_sends_again_what_it_changes_alone(bench: Bench) -> None:
    """It touches two of ten products: two are sent, eight are unchanged and cost no call; then all are unchanged.

    If it fails: `mapped` holds the mapped words of the item alone, never the mapping or its version.
    """
    demand = bench.profile.demand
    if demand is None:
        raise Exempt("the profile names nothing that has to be mapped")
    await bench.set_mapping(demand.complete)
    products, _ = await bench.products(10)
    for product in products[3:5]:
        await bench.set_content(product, demand.content)
    first = await bench.push(PRODUCTS, products)
    assert first.letters == "a" * 10, f"{first.letters} {first.issues}"
    await bench.set_mapping(demand.changed)
    again = await bench.push(PRODUCTS, products)
    assert again.letters == "sssaasssss", f"after the change: {again.letters} {again.issues}"
    before = len(bench.log())
    last = await bench.push(PRODUCTS, products)
    assert last.letters == "s" * 10, f"without a change: {last.letters}"
    assert len(bench.log()) == before, "a call was made without a change"
