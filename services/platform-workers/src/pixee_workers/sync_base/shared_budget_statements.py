"""The statements of shared budgets: each is atomic, locks one row, and tells time by the database's clock after it has the lock.

What is leased may be used until `life` seconds after the statement began, by the worker's own clock. Every statement counts on the
latest use and on the earliest:

- a token bucket of `burst` and `rate` is kept as one of `burst - rate * life` for late use, and of as much less again where
  others may have leased before something is given back; where that is less than one call, calls are spaced by `life` more than
  the rate asks;
- a window lasts `life` longer, and a day's border lies in a guard that is far longer than any life.
"""

ENSURE = """
INSERT INTO shared_budgets (platform, name, key) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING
"""

_HELD = """
WITH held AS (
  SELECT * FROM shared_budgets WHERE platform = $1 AND name = $2 AND key = $3 FOR UPDATE
), timed AS MATERIALIZED (
  SELECT held.*, extract(epoch FROM clock_timestamp())::float8 AS now FROM held
)"""

LEASE_BUCKET = (
    _HELD
    + """, told AS (
  SELECT now, full_at, blocked_until, coalesce(maximum, $8::float8) AS most,
         coalesce(rate, $7::float8) * least(1, pace + greatest(now - paced_at, 0) * 0.5 / 60) AS rate
    FROM timed
), sized AS (
  SELECT *, greatest(1, most - slack) AS room, 1 / rate + CASE WHEN most - slack < 1 THEN $9 ELSE 0 END AS step
    FROM told, LATERAL (SELECT rate * $9::float8 * CASE WHEN rate * $9 >= 1 THEN 2 ELSE 1 END AS slack) AS s
), free AS (
  SELECT *, $6::float8 > room AS large,
         CASE WHEN $6 > room THEN room + (now - full_at) / step ELSE room - greatest(full_at - now, 0) / step END AS free
    FROM sized
), given AS (
  SELECT *, CASE WHEN now < blocked_until OR free < $6 - 1e-6 THEN 0
                 WHEN large THEN $6
                 ELSE least($5::float8, greatest($6, floor(free))) END AS amount
    FROM free
)
UPDATE shared_budgets b
   SET full_at = CASE
         WHEN amount = 0 THEN b.full_at
         WHEN $10::float8 IS NOT NULL
           THEN ceil((now + $9 + $11::float8 - $10) * g.rate) / g.rate + $10 + $11
         WHEN large THEN now + room * step + 2 * $9
         ELSE greatest(b.full_at, now) + amount * step END,
       lease_id = CASE WHEN amount > 0 THEN $4::uuid ELSE b.lease_id END, updated_at = now()
  FROM given g
 WHERE b.platform = $1 AND b.name = $2 AND b.key = $3
RETURNING amount, g.now, room, step, g.most, g.rate, g.blocked_until, ($6 - free) * step AS wait,
          '{}'::float8[] AS places, '{}'::float8[] AS amounts
"""
)

LEASE_WINDOW = (
    _HELD
    + """, live AS (
  SELECT p.place, p.amount FROM timed t, unnest(t.places, t.amounts) AS p(place, amount)
   WHERE p.place > t.now - $8::float8 AND p.amount > 0
), free AS (
  SELECT now, blocked_until, coalesce(maximum, $7::float8) AS most, ceil(now / $9::float8) * $9 AS place,
         coalesce(maximum, $7) - coalesce((SELECT sum(amount) FROM live), 0) AS free
    FROM timed
), given AS (
  SELECT *, CASE WHEN now < blocked_until OR free < $6::float8 - 1e-6 THEN 0
                 ELSE least($5::float8, greatest($6, floor(free))) END AS amount
    FROM free
), counted AS (
  SELECT place, sum(amount) AS amount
    FROM (SELECT place, amount FROM live UNION ALL SELECT place, amount FROM given WHERE amount > 0) AS every
   GROUP BY place
), kept AS (
  SELECT coalesce(array_agg(place ORDER BY place), '{}') AS places,
         coalesce(array_agg(amount ORDER BY place), '{}') AS amounts FROM counted
)
UPDATE shared_budgets b
   SET places = k.places, amounts = k.amounts, updated_at = now(),
       lease_id = CASE WHEN g.amount > 0 THEN $4::uuid ELSE b.lease_id END
  FROM given g, kept k
 WHERE b.platform = $1 AND b.name = $2 AND b.key = $3
RETURNING g.amount, g.now, g.most, g.blocked_until, g.place AS counted_at, b.places, b.amounts
"""
)

LEASE_DAY = (
    _HELD
    + """, days AS (
  SELECT *, (((to_timestamp(now - $10::float8) AT TIME ZONE $8::text) - make_interval(hours => $9::int))::date
              - date '1970-01-01')::float8 AS early,
            (((to_timestamp(now + $10) AT TIME ZONE $8) - make_interval(hours => $9))::date - date '1970-01-01')::float8 AS late
    FROM timed
), used AS (
  SELECT now, blocked_until, coalesce(maximum, $7::float8) AS most, early, late,
         coalesce((SELECT sum(a) FROM unnest(places, amounts) AS p(d, a) WHERE d = early), 0) AS used_early,
         coalesce((SELECT sum(a) FROM unnest(places, amounts) AS p(d, a) WHERE d = late), 0) AS used_late
    FROM days
), given AS (
  SELECT *, CASE WHEN now < blocked_until OR most - greatest(used_early, used_late) < $6::float8 THEN 0
                 ELSE least($5::float8, greatest($6, floor(most - greatest(used_early, used_late)))) END AS amount
    FROM used
)
UPDATE shared_budgets b
   SET places = CASE WHEN early = late THEN ARRAY[early] ELSE ARRAY[early, late] END,
       amounts = CASE WHEN early = late THEN ARRAY[used_early + amount]
                      ELSE ARRAY[used_early + amount, used_late + amount] END,
       lease_id = CASE WHEN amount > 0 THEN $4::uuid ELSE b.lease_id END, updated_at = now()
  FROM given g
 WHERE b.platform = $1 AND b.name = $2 AND b.key = $3
RETURNING g.amount, g.now, g.most, g.blocked_until, b.places, b.amounts
"""
)

GIVE_BACK_BUCKET = """
UPDATE shared_budgets SET full_at = full_at - $5::float8 * $6::float8, updated_at = now()
 WHERE platform = $1 AND name = $2 AND key = $3
   AND (lease_id = $4::uuid
        OR ($9::bool AND $7::float8 > learnt_at AND $7 + $8::float8 > extract(epoch FROM clock_timestamp())))
"""
"""Exact while nobody has leased since; else only while the lease lives (later it has been refilled) and nothing was learnt since."""

UNDO_SLOT = """
UPDATE shared_budgets SET full_at = $5::float8, lease_id = NULL, updated_at = now()
 WHERE platform = $1 AND name = $2 AND key = $3 AND lease_id = $4::uuid
"""

GIVE_BACK_PLACES = """
UPDATE shared_budgets
   SET amounts = ARRAY(
         SELECT CASE WHEN place = ANY($4::float8[]) THEN greatest(0, amount - $5::float8) ELSE amount END
           FROM unnest(places, amounts) WITH ORDINALITY AS p(place, amount, no) ORDER BY no),
       updated_at = now()
 WHERE platform = $1 AND name = $2 AND key = $3
"""

SLOT_ENDED = """
UPDATE shared_budgets
   SET full_at = greatest(CASE WHEN lease_id = $5::uuid THEN 0 ELSE full_at END,
                          extract(epoch FROM clock_timestamp()) + 1 / coalesce(rate, $4::float8)),
       updated_at = now()
 WHERE platform = $1 AND name = $2 AND key = $3
"""
"""Where nobody has had it since, the end is known exactly, and the lease's life need not be added any more."""

REFUSED = """
UPDATE shared_budgets b
   SET blocked_until = greatest(b.blocked_until, t.now + $4::float8),
       pace = CASE WHEN $5::bool THEN greatest(1.0 / 16, least(1, b.pace + (t.now - b.paced_at) * 0.5 / 60) / 2) ELSE b.pace END,
       paced_at = CASE WHEN $5 THEN t.now ELSE b.paced_at END,
       learnt_at = t.now, lease_id = NULL, updated_at = now()
  FROM (SELECT extract(epoch FROM clock_timestamp())::float8 AS now) AS t
 WHERE b.platform = $1 AND b.name = $2 AND b.key = $3
"""

LEARN_BUCKET = """
UPDATE shared_budgets b
   SET rate = coalesce($4::float8, b.rate), maximum = coalesce($5::float8, b.maximum),
       full_at = greatest(
         t.now + (b.full_at - t.now) * coalesce(b.rate, $7::float8) / coalesce($4, b.rate, $7),
         CASE WHEN $6::float8 IS NOT NULL
              THEN t.now + (coalesce($5, b.maximum, $8::float8) - $6) / coalesce($4, b.rate, $7) END),
       learnt_at = t.now, lease_id = NULL, updated_at = now()
  FROM (SELECT extract(epoch FROM clock_timestamp())::float8 AS now) AS t
 WHERE b.platform = $1 AND b.name = $2 AND b.key = $3
"""

LEARN_WINDOW = """
UPDATE shared_budgets b
   SET maximum = coalesce($4::float8, b.maximum),
       places = CASE WHEN $5::float8 IS NULL THEN b.places ELSE b.places || t.now END,
       amounts = CASE WHEN $5 IS NULL THEN b.amounts ELSE b.amounts || greatest(0, coalesce($4, b.maximum, $6::float8) - $5
         - coalesce((SELECT sum(a) FROM unnest(b.places, b.amounts) AS p(d, a) WHERE d > t.now - $7::float8), 0)) END,
       updated_at = now()
  FROM (SELECT extract(epoch FROM clock_timestamp())::float8 AS now) AS t
 WHERE b.platform = $1 AND b.name = $2 AND b.key = $3
"""

LEARN_DAY = """
UPDATE shared_budgets b
   SET maximum = coalesce($4::float8, b.maximum),
       amounts = ARRAY(
         SELECT greatest(amount, coalesce($4, b.maximum, $6::float8) - $5::float8)
           FROM unnest(b.amounts) WITH ORDINALITY AS p(amount, no) ORDER BY no),
       updated_at = now()
 WHERE b.platform = $1 AND b.name = $2 AND b.key = $3
"""
