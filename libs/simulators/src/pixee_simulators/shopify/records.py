"""What a shop holds: plain records, so that a snapshot is their fields and nothing else.

Ids are the bare numbers of the GIDs (`gid://shopify/Product/7` is 7 here). Times are whole seconds since the epoch:
the platform's timestamps have no fractions, so two writes within a second cannot be told apart, as in a real shop.
Money is the decimal text the platform would print.
"""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Metafield:
    id: int
    namespace: str
    key: str
    type: str
    value: str
    owner_type: str
    created_at: int
    updated_at: int


@dataclass(slots=True)
class Definition:
    """A metafield definition. Type `id` makes values unique per owner type, which is what `customId` needs."""

    id: int
    namespace: str
    key: str
    name: str
    type: str
    owner_type: str
    description: str | None


@dataclass(slots=True)
class Media:
    """An image: PROCESSING until `ready_at`, then READY, or FAILED when the source is one that cannot be fetched."""

    id: int
    source: str
    alt: str | None
    content_type: str
    filename: str | None
    created_at: int
    ready_at: float
    fails: bool


@dataclass(slots=True)
class Level:
    """Stock of an item at a location. Inactive levels exist (adjusted where not stocked) and do not count."""

    id: int
    item_id: int
    location_id: int
    available: int
    on_hand: int
    active: bool
    created_at: int
    updated_at: int


@dataclass(slots=True)
class Item:
    """The inventory item of a variant."""

    id: int
    variant_id: int
    tracked: bool
    requires_shipping: bool
    cost: str | None
    weight: float | None
    weight_unit: str
    created_at: int
    updated_at: int
    levels: dict[int, Level] = field(default_factory=dict)


@dataclass(slots=True)
class Variant:
    """`values` holds one option value id per option of the product, in the options' order."""

    id: int
    product_id: int
    sku: str | None
    barcode: str | None
    price: str
    compare_at_price: str | None
    values: list[int]
    policy: str
    taxable: bool
    position: int
    media_id: int | None
    item: Item
    created_at: int
    updated_at: int
    metafields: list[Metafield] = field(default_factory=list)


@dataclass(slots=True)
class OptionValue:
    id: int
    name: str


@dataclass(slots=True)
class Option:
    id: int
    name: str
    values: list[OptionValue]


@dataclass(slots=True)
class Translation:
    """Of one text of a product. `digest`: of the source text that it translates; another one since makes it outdated."""

    locale: str
    key: str
    value: str
    digest: str
    updated_at: int


@dataclass(slots=True)
class Product:
    id: int
    handle: str
    title: str
    description_html: str
    vendor: str
    product_type: str
    status: str
    category: str | None
    template_suffix: str | None
    seo_title: str | None
    seo_description: str | None
    created_at: int
    updated_at: int
    tags: list[str] = field(default_factory=list)
    options: list[Option] = field(default_factory=list)
    variants: list[Variant] = field(default_factory=list)
    media: list[int] = field(default_factory=list)
    metafields: list[Metafield] = field(default_factory=list)
    collections: list[int] = field(default_factory=list)
    publications: list[int] = field(default_factory=list)
    translations: list[Translation] = field(default_factory=list)


@dataclass(slots=True)
class Collection:
    id: int
    handle: str
    title: str
    description_html: str
    updated_at: int


@dataclass(slots=True)
class Location:
    id: int
    name: str
    active: bool
    online: bool
    created_at: int


@dataclass(slots=True)
class Publication:
    """A sales channel (or another place) on which products are shown. `auto`: new products are published there by themselves."""

    id: int
    name: str
    auto: bool


@dataclass(slots=True)
class UserError:
    """A business error: `path` is the published `field`."""

    code: str | None
    path: list[str] | None
    message: str


@dataclass(slots=True)
class Operation:
    """A productSet that runs in the background. `arguments` is what it will do when it is due."""

    id: int
    arguments: dict[str, object]
    created_at: float
    active_at: float
    done_at: float
    product_id: int | None = None
    errors: list[UserError] = field(default_factory=list)
    done: bool = False


@dataclass(slots=True)
class Bulk:
    """A bulk operation. Its work is done at `done_at`; until then nothing of it is looked at. `result` is the JSONL."""

    id: int
    query: str
    grouped: bool
    created_at: float
    running_at: float
    done_at: float
    scopes: list[str]
    error: str | None = None
    objects: int = 0
    roots: int = 0
    result: str = ""
    done: bool = False
    variables: str | None = None
    """Of a bulk mutation: the uploaded lines."""


@dataclass(slots=True)
class Staged:
    """A place for an upload: what its form must hold, and the file once it came."""

    parameters: dict[str, str]
    content: str | None = None
