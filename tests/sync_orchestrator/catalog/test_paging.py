"""What a chain of pages is judged by."""

from pixee_orchestrator.catalog.pulls.paging import (
    EMPTY_PAGES,
    IDLE_PAGES,
    Brought,
    PageNote,
    digest,
    fault_of,
    noted,
    warning_of,
)


def _page(*names: str, new: int = 0, changed: int = 0, total: int | None = None) -> Brought:
    return Brought([(name, name.encode()) for name in names], new, changed, total)


def _chain(*pages: Brought) -> PageNote:
    note: PageNote | None = None
    for page in pages:
        note = noted(page, PageNote.read(note.kept()) if note else None)
    assert note is not None
    return note


def test_the_same_page_has_the_same_fingerprint_and_another_order_has_not() -> None:
    assert _chain(_page("a", "b")).fingerprint == _chain(_page("a", "b")).fingerprint
    assert _chain(_page("a", "b")).fingerprint != _chain(_page("b", "a")).fingerprint


def test_a_product_is_the_same_whatever_its_keys_order_and_its_pictures_addresses() -> None:
    assert digest({"title": "A", "images": ["x?sig=1"], "id": 1}) == digest(
        {"id": 1, "title": "A", "images": ["x?sig=2"]}
    )
    assert digest({"title": "A"}) != digest({"title": "B"})


def test_pages_without_anything_new_are_borne_twice_and_one_with_something_begins_anew() -> None:
    idle = [_page("a")] * (IDLE_PAGES - 1)
    assert fault_of(_chain(_page("a", new=1), *idle), cursor_repeats=False) is None
    assert fault_of(_chain(*idle, _page("b", new=1), *idle), cursor_repeats=False) is None
    assert fault_of(_chain(*idle, _page("a", changed=1), *idle), cursor_repeats=False) is None
    assert fault_of(_chain(*idle, _page("a")), cursor_repeats=False)


def test_empty_pages_end_a_pull_only_when_they_are_far_too_many() -> None:
    assert fault_of(_chain(*[_page()] * (EMPTY_PAGES - 1)), cursor_repeats=False) is None
    assert fault_of(_chain(*[_page()] * EMPTY_PAGES), cursor_repeats=False)


def test_a_cursor_that_was_had_is_always_a_fault() -> None:
    assert fault_of(_chain(_page("a", new=1)), cursor_repeats=True)


def test_the_last_total_that_was_told_counts_and_only_at_the_end() -> None:
    note = _chain(_page("a", new=1, total=5), _page("b", new=1, total=3), _page("c", new=1))
    assert (note.new, note.total) == (3, 3)
    assert warning_of(note, ended=True) == (None, False)
    short = _chain(_page("a", new=1, total=2))
    assert warning_of(short, ended=False) == (None, False)
    text, missing = warning_of(short, ended=True)
    assert missing
    assert "only 1 came" in (text or "")
