"""Rows for the lane side's tests: an account with connectors, jobs and rung chunks, written as the database's owner."""

from uuid import UUID, uuid4

from pixee_common.db import Database
from pixee_common.domain.ids import new_id

PRIORITY = {"push_stock": 0, "push_prices": 1, "push_products": 2, "pull_products": 3}


class Rows:
    """Writes and reads rows of one account; `route` is the route of its first connector."""

    def __init__(self, owner: Database) -> None:
        self.owner = owner
        self.account = uuid4()
        self.platform = "woocommerce"
        self.connector = UUID(int=0)
        self.route = ""
        self._position = 0

    async def begin(self) -> "Rows":
        await self.run("INSERT INTO accounts (id, name) VALUES ($1, 'Test')", self.account)
        self.connector, self.route = await self.add_connector()
        return self

    async def run(self, sql: str, *arguments):
        async with self.owner.connection() as connection:
            return await connection.fetch(sql, *arguments)

    async def one(self, sql: str, *arguments):
        found = await self.run(sql, *arguments)
        return found[0] if found else None

    async def add_connector(self, *, status: str = "active", route: str | None = None) -> tuple[UUID, str]:
        connector = new_id()
        route = route or f"{self.platform}:{connector}"
        await self.run(
            "INSERT INTO connectors (id, account_id, name, platform, status, settings, shop_identity, route_key)"
            " VALUES ($1, $2, 'Shop', $3, $4, '{}', $5, $6)",
            connector, self.account, self.platform, status, str(connector), route,
        )  # fmt: skip
        await self.run(
            "INSERT INTO routes (route_key, platform) VALUES ($1, $2) ON CONFLICT DO NOTHING", route, self.platform
        )
        return connector, route

    async def add_job(self, operation: str = "push_products", *, connector: UUID | None = None) -> UUID:
        job = new_id()
        await self.run(
            "INSERT INTO jobs (id, account_id, connector_id, platform, operation, route_key, scope_hash, requested_by, state)"
            " SELECT $1, account_id, id, platform, $2, route_key, 'all', 'test', 'running' FROM connectors WHERE id = $3",
            job, operation, connector or self.connector,
        )  # fmt: skip
        return job

    async def add_chunks(
        self, job: UUID, count: int = 1, *, items: int = 2, state: str = "rung", first: int = 0
    ) -> list[int]:
        numbers = list(range(first, first + count))
        for no in numbers:
            await self.run(
                "INSERT INTO chunks (job_id, no, account_id, connector_id, platform, operation, route_key, priority,"
                " job_position, item_ids, letters, size, state, rung_at)"
                " SELECT id, $2, account_id, connector_id, platform, operation, route_key, $3, position, $4, $5, $6, $7, now()"
                " FROM jobs WHERE id = $1",
                job, no, 2, [uuid4() for _ in range(items)], "." * items, items, state,
            )  # fmt: skip
        await self.run(
            "UPDATE chunks c SET priority = CASE j.operation WHEN 'push_stock' THEN 0 WHEN 'push_prices' THEN 1"
            " WHEN 'push_products' THEN 2 ELSE 3 END FROM jobs j WHERE j.id = c.job_id AND c.job_id = $1",
            job,
        )
        return numbers

    async def chunk(self, job: UUID, no: int = 0):
        return await self.one("SELECT * FROM chunks WHERE job_id = $1 AND no = $2", job, no)

    async def states(self, job: UUID) -> list[str]:
        return [row["state"] for row in await self.run("SELECT state FROM chunks WHERE job_id = $1 ORDER BY no", job)]

    async def route_row(self, route: str | None = None):
        return await self.one("SELECT * FROM routes WHERE route_key = $1", route or self.route)

    async def add_worker(self) -> UUID:
        worker = new_id()
        await self.run(
            "INSERT INTO workers (id, platforms, host, pid, version) VALUES ($1, '{woocommerce}', 'h', 1, '0')", worker
        )
        return worker
