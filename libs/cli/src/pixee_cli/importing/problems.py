"""What can be wrong with a file to import, and with one row of it: a row is refused alone, a file as a whole."""

from enum import StrEnum


class FileUnusable(Exception):
    """Nothing of the file can be imported; the message says what to do."""


class RowRefused(Exception):
    """One row cannot become a product.

    `code` is stable, `field` names ours (None: the row as a whole).
    """

    def __init__(self, code: str, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.field = field


class Warned(StrEnum):
    """What was changed or set aside on a row that was accepted all the same."""

    EAN_SET_ASIDE = "ean_set_aside"
    EAN_SHARED = "ean_shared"
    NAME_FALLBACK = "name_fallback"
    ENTITIES_DECODED = "entities_decoded"
    IMAGE_SET_ASIDE = "image_set_aside"
    TEXT_TRIMMED = "text_trimmed"


MEANING = {
    Warned.EAN_SET_ASIDE: "no valid EAN (8, 12, 13 or 14 digits and a right check digit): kept as given, never sent",
    Warned.EAN_SHARED: "valid EAN, but another row has the same one (leading zeros do not count): kept",
    Warned.NAME_FALLBACK: "no name: the title is `Product <SKU>`",
    Warned.ENTITIES_DECODED: "HTML entities in a plain text (&quot; and the like) were decoded",
    Warned.IMAGE_SET_ASIDE: "the picture's address is no http or https URL: left out",
    Warned.TEXT_TRIMMED: "control characters were removed from a text",
}
