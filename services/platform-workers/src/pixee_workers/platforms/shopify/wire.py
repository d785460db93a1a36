"""The documents we send, as the 2026-10 schema has them (tests/contract/test_shopify_documents.py holds every one against it).

Each asks for ids alone: what is not selected is not paid for.
"""

from functools import lru_cache

import orjson

KEY_NAMESPACE = "$app:pim"
KEY_NAME = "external_id"
KEY_TYPE = "id"
"""The product metafield that carries our product key; a definition of type `id` makes its values unique."""

ATTRIBUTES = "pixee"
"""Namespace of the metafields that carry attributes."""

METAFIELDS_PER_SET = 25
PAGE_MAX = 250
PULL_PRODUCTS = 20
PULL_VARIANTS = 12
PULL_MEDIA = 5
SEARCH_PAGE = 25
"""Small, since the whole page is taken from the bucket first and a new product has no hits."""

TEST = """{ shop { id name myshopifyDomain currencyCode taxesIncluded }
  currentAppInstallation { accessScopes { handle } } }"""

DESCRIBE = """{ shop { name currencyCode taxesIncluded weightUnit }
  locations(first: 50) { nodes { id name isActive fulfillsOnlineOrders } }
  collections(first: 250) { nodes { id title } } }"""

CURRENCY = "{ shop { currencyCode } }"

CURRENCY_AND_LOCATIONS = """{ shop { currencyCode }
  locations(first: 50) { nodes { id name isActive fulfillsOnlineOrders } } }"""

DEFINE_KEY = """mutation DefineKey($definition: MetafieldDefinitionInput!) {
  metafieldDefinitionCreate(definition: $definition) { userErrors { code field message } } }"""

FIND_COLLECTIONS = """query FindCollections($q: String!) {
  collections(first: 50, query: $q) { nodes { id title handle } } }"""

CREATE_COLLECTION = """mutation CreateCollection($collection: CollectionCreateInput!) {
  collectionCreate(collection: $collection) { collection { id } userErrors { field message } } }"""

UNPUBLISH = """mutation Unpublish($product: ProductUpdateInput!) {
  productUpdate(product: $product) { userErrors { field message } } }"""

DELETE = """mutation Delete($input: ProductDeleteInput!) {
  productDelete(input: $input) { deletedProductId userErrors { field message } } }"""

_VARIANT_IDS = "nodes { id sku inventoryItem { id } }"

POLL = f"""query Poll($id: ID!, $first: Int!) {{ productOperation(id: $id) {{ status
  ... on ProductSetOperation {{ product {{ id variants(first: $first) {{ pageInfo {{ hasNextPage endCursor }} {_VARIANT_IDS} }} }}
    userErrors {{ code field message }} }} }} }}"""

MORE_VARIANTS = f"""query MoreVariants($id: ID!, $after: String) {{ product(id: $id) {{
  variants(first: 250, after: $after) {{ pageInfo {{ hasNextPage endCursor }} {_VARIANT_IDS} }} }} }}"""

PRODUCT_MEDIA = (
    """query ProductMedia($id: ID!, $first: Int!) { product(id: $id) { media(first: $first) { nodes { id } } } }"""
)

SET_QUANTITIES = """mutation SetQuantities($input: InventorySetQuantitiesInput!, $key: String!, $location: ID!) {
  inventorySetQuantities(input: $input) @idempotent(key: $key) {
    inventoryAdjustmentGroup { changes { item { id inventoryLevel(locationId: $location, includeInactive: true) { isActive } } } }
    userErrors { code field message } } }"""

ACTIVATE = """mutation Activate($item: ID!, $location: ID!, $available: Int!, $key: String!) {
  inventoryActivate(inventoryItemId: $item, locationId: $location, available: $available) @idempotent(key: $key) {
    userErrors { field message } } }"""

SET_PRICES = """mutation SetPrices($productId: ID!, $variants: [ProductVariantsBulkInput!]!) {
  productVariantsBulkUpdate(productId: $productId, variants: $variants, allowPartialUpdates: true) {
    userErrors { code field message } } }"""

PRICE_LIST = "query PriceList($id: ID!) { priceList(id: $id) { currency } }"

ADD_PRICES = """mutation AddPrices($list: ID!, $prices: [PriceListPriceInput!]!) {
  priceListFixedPricesAdd(priceListId: $list, prices: $prices) { userErrors { code field message } } }"""

FIND_VARIANTS = """query FindVariants($q: String!, $first: Int!, $after: String) {
  productVariants(first: $first, after: $after, query: $q) { pageInfo { hasNextPage endCursor }
    nodes { id sku barcode inventoryItem { id }
      product { id variantsCount { count } ourKey: metafield(namespace: "$app:pim", key: "external_id") { value } } } } }"""

_PULLED_VARIANT = (
    "id sku barcode price compareAtPrice inventoryQuantity selectedOptions { name value } inventoryItem { id }"
)
_PULLED_VARIANTS = f"pageInfo {{ hasNextPage endCursor }} nodes {{ {_PULLED_VARIANT} }}"
_PULLED_PRODUCT = """id title descriptionHtml vendor status updatedAt options { name }
    ourKey: metafield(namespace: "$app:pim", key: "external_id") { value }"""
_PULLED_MEDIA = "id ... on MediaImage { image { url } }"

PULL = f"""query Pull($after: String, $q: String) {{ shop {{ name }} products(first: {PULL_PRODUCTS}, after: $after, query: $q, sortKey: UPDATED_AT) {{
  pageInfo {{ hasNextPage endCursor }}
  nodes {{ {_PULLED_PRODUCT}
    media(first: {PULL_MEDIA}) {{ nodes {{ {_PULLED_MEDIA} }} }}
    variants(first: {PULL_VARIANTS}) {{ {_PULLED_VARIANTS} }} }} }} }}"""

PULL_MORE_VARIANTS = f"""query PullMoreVariants($id: ID!, $after: String) {{ product(id: $id) {{
  variants(first: 150, after: $after) {{ {_PULLED_VARIANTS} }} }} }}"""

PULL_SIZE = "query PullSize($q: String) { shop { name } productsCount(query: $q) { count } }"

RUN_QUERY = """mutation RunQuery($query: String!) { bulkOperationRunQuery(query: $query, groupObjects: true) {
  bulkOperation { id status } userErrors { code field message } } }"""

PUBLICATIONS = "{ publications(first: 100) { nodes { id name } } }"

PUBLISH = """mutation Publish($id: ID!, $to: [PublicationInput!]!) {
  publishablePublish(id: $id, input: $to) { userErrors { field message } } }"""

UNPUBLISH_FROM = """mutation UnpublishFrom($id: ID!, $from: [PublicationInput!]!) {
  publishableUnpublish(id: $id, input: $from) { userErrors { field message } } }"""

LANGUAGES = """{ shopLocales { locale primary }
  currentAppInstallation { accessScopes { handle } } }"""

TRANSLATABLE = """query Translatable($ids: [ID!]!, $first: Int!) { translatableResourcesByIds(resourceIds: $ids, first: $first) {
  nodes { resourceId translatableContent { key digest } } } }"""

STAGE = """mutation Stage($input: [StagedUploadInput!]!) { stagedUploadsCreate(input: $input) {
  stagedTargets { url parameters { name value } } userErrors { field message } } }"""

RUN_MUTATION = """mutation RunMutation($mutation: String!, $path: String!, $client: String!) {
  bulkOperationRunMutation(mutation: $mutation, stagedUploadPath: $path, clientIdentifier: $client) {
    bulkOperation { id status } userErrors { code field message } } }"""

BULK_PUSH = """mutation BulkPush($identifier: ProductSetIdentifiers!, $input: ProductSetInput!) {
  productSet(identifier: $identifier, input: $input, synchronous: true) {
    product { id } userErrors { code field message } } }"""
"""What a bulk mutation does with each line. Ids of variants are read afterwards, and only where they are not known."""

BULK_OPERATION = """query BulkOperation($id: ID!) { bulkOperation(id: $id) {
  status errorCode rootObjectCount fileSize url partialDataUrl } }"""


def bulk_products(query: str | None) -> str:
    """What a bulk query asks of products; it takes no variables, so the filter stands in the text."""
    only = f"(query: {orjson.dumps(query).decode()})" if query else ""
    return f"""{{ products{only} {{ edges {{ node {{ {_PULLED_PRODUCT}
    media {{ edges {{ node {{ {_PULLED_MEDIA} }} }} }}
    variants {{ edges {{ node {{ {_PULLED_VARIANT} }} }} }} }} }} }} }}"""


@lru_cache(maxsize=256)
def push(*, later: bool = False, media: bool = False, metafield_sets: int = 0) -> str:
    """ProductSet. `later`: in the background; `media`: with the ids of the media; `metafield_sets`: further metafields set in
    the same document, 25 at most each, which leaves those of other apps alone.
    """
    given = "$identifier: ProductSetIdentifiers!, $input: ProductSetInput!"
    if later:
        asked = "productSetOperation { id status }"
    else:
        asked = f"product {{ id variants(first: $variants) {{ {_VARIANT_IDS} }}"
        given += ", $variants: Int!"
        if media:
            asked += " media(first: $media) { nodes { id } }"
            given += ", $media: Int!"
        asked += " }"
    sets = ""
    for index in range(metafield_sets):
        given += f", $set{index}: [MetafieldsSetInput!]!"
        sets += f"\n  set{index}: metafieldsSet(metafields: $set{index}) {{ userErrors {{ code field message }} }}"
    return f"""mutation Push({given}) {{
  productSet(identifier: $identifier, input: $input, synchronous: {"false" if later else "true"}) {{
    {asked} userErrors {{ code field message }} }}{sets} }}"""


@lru_cache(maxsize=128)
def find_keys(count: int) -> str:
    """`count` products by our key in one document."""
    given = ", ".join(f"$k{index}: String!" for index in range(count))
    asked = "\n".join(
        f"  k{index}: productByIdentifier(identifier: {{customId: "
        f'{{namespace: "{KEY_NAMESPACE}", key: "{KEY_NAME}", value: $k{index}}}}}) {{ id }}'
        for index in range(count)
    )
    return f"query FindKeys({given}) {{\n{asked} }}"


@lru_cache(maxsize=64)
def written_products(kinds: tuple[str, ...]) -> str:
    """Products as they were just written: `k` by our key, `i` by id, followed by `m` where the ids of media are read too.

    Variables of the product number n: `at<n>` (key or id), `v<n>` and `m<n>` (how many variants and media).
    """
    given, asked = [], []
    for index, kind in enumerate(kinds):
        by_key = kind.startswith("k")
        given.append(f"$at{index}: {'String!' if by_key else 'ID!'}, $v{index}: Int!")
        custom = f'{{customId: {{namespace: "{KEY_NAMESPACE}", key: "{KEY_NAME}", value: $at{index}}}}}'
        root = f"productByIdentifier(identifier: {custom})" if by_key else f"product(id: $at{index})"
        media = ""
        if kind.endswith("m"):
            given.append(f"$m{index}: Int!")
            media = f" media(first: $m{index}) {{ nodes {{ id }} }}"
        variants = f"variants(first: $v{index}) {{ pageInfo {{ hasNextPage endCursor }} {_VARIANT_IDS} }}"
        asked.append(f"  p{index}: {root} {{ id {variants}{media} }}")
    return f"query WrittenProducts({', '.join(given)}) {{\n{chr(10).join(asked)} }}"


@lru_cache(maxsize=64)
def set_metafields(count: int) -> str:
    """`count` times metafieldsSet in one document."""
    given = ", ".join(f"$set{index}: [MetafieldsSetInput!]!" for index in range(count))
    asked = "\n".join(
        f"  set{index}: metafieldsSet(metafields: $set{index}) {{ userErrors {{ code field message }} }}"
        for index in range(count)
    )
    return f"mutation SetMetafields({given}) {{\n{asked} }}"


@lru_cache(maxsize=64)
def translate(kinds: tuple[str, ...]) -> str:
    """`r` registers translations of a product (variables `id<n>`, `t<n>`), `x` removes some (`id<n>`, keys `k<n>`, locales `l<n>`)."""
    given, asked = [], []
    for index, kind in enumerate(kinds):
        if kind == "r":
            given.append(f"$id{index}: ID!, $t{index}: [TranslationInput!]!")
            body = f"translationsRegister(resourceId: $id{index}, translations: $t{index})"
        else:
            given.append(f"$id{index}: ID!, $k{index}: [String!]!, $l{index}: [String!]!")
            body = f"translationsRemove(resourceId: $id{index}, translationKeys: $k{index}, locales: $l{index})"
        asked.append(f"  {kind}{index}: {body} {{ userErrors {{ code field message }} }}")
    return f"mutation Translate({', '.join(given)}) {{\n{chr(10).join(asked)} }}"
