-- What drizzle has no words for: partitioned tables, and the view that says a member's state in full.
CREATE TYPE ledger_state AS ENUM ('added', 'removing', 'rejected', 'unusable', 'retained');
--> statement-breakpoint
-- One row per member that a sync's destination holds or may hold. A sync is one partition; a large one is split below
-- that by member key. The state of an added or removing member is that of its batch (docs/decisions/state-of-a-batch.md).
CREATE TABLE ledger (
  sync_no integer NOT NULL,
  member_key uuid NOT NULL,
  -- null: a member who left and is retained, or the old identifiers of an update; the next snapshot differs from it
  fingerprint bigint,
  state ledger_state NOT NULL,
  batch_id bigint,
  since timestamptz NOT NULL DEFAULT now(),
  identifiers bytea,
  strong bigint[],
  reason text,
  retry_at timestamptz,
  PRIMARY KEY (sync_no, member_key)
) PARTITION BY LIST (sync_no);
--> statement-breakpoint
-- the members of a batch
CREATE INDEX ledger_batch ON ledger (batch_id);
--> statement-breakpoint
-- the few who left and share an identifier with somebody: judged again at each delivery
CREATE INDEX ledger_retained ON ledger (member_key) WHERE state = 'retained';
--> statement-breakpoint
CREATE VIEW ledger_member AS
SELECT l.sync_no, l.member_key, l.batch_id, l.since, l.reason, l.retry_at, l.identifiers, l.strong,
  CASE
    WHEN l.state = 'added' AND b.state IN ('accepted', 'confirmed') THEN b.state
    WHEN l.state = 'added' THEN 'adding'
    ELSE l.state::text
  END AS state,
  CASE WHEN l.state = 'added' AND b.state = 'confirmed' THEN b.final_at END AS confirmed_at
FROM ledger l LEFT JOIN batch b ON b.id = l.batch_id;
--> statement-breakpoint
-- The facts that ledger rows lost: with the ledger they are one person's whole timeline. Dropped by month.
CREATE TABLE member_history (
  sync_no integer NOT NULL,
  member_key uuid NOT NULL,
  at timestamptz NOT NULL DEFAULT now(),
  event text NOT NULL,
  state text NOT NULL,
  since timestamptz NOT NULL,
  reason text,
  batch_id bigint
) PARTITION BY RANGE (at);
--> statement-breakpoint
CREATE TABLE member_history_other PARTITION OF member_history DEFAULT;
--> statement-breakpoint
-- one person's timeline
CREATE INDEX member_history_member ON member_history (member_key, at);
--> statement-breakpoint
-- Numbers of stage_<no> and plan_<no>: each attempt writes to tables of its own.
CREATE SEQUENCE stage_no;
