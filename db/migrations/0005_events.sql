ALTER TABLE "sync" ADD COLUMN "made_audience" jsonb;--> statement-breakpoint
ALTER TABLE "sync" ADD COLUMN "baseline" boolean DEFAULT false NOT NULL;
--> statement-breakpoint
-- who was in when an event sync began that tells only changes from then on: announced neither when in nor when leaving
ALTER TYPE ledger_state ADD VALUE 'baseline';
--> statement-breakpoint
-- when the event was first planned by which a member is told; the id of the event follows from it (db/event-id.ts)
ALTER TABLE ledger ADD COLUMN event_at timestamptz;
--> statement-breakpoint
ALTER TABLE member_history ADD COLUMN event_at timestamptz;
--> statement-breakpoint
CREATE OR REPLACE VIEW ledger_member AS
SELECT l.sync_no, l.member_key, l.batch_id, l.since, l.reason, l.retry_at, l.identifiers, l.strong,
  CASE
    WHEN l.state = 'added' AND b.state IN ('accepted', 'confirmed') THEN b.state
    WHEN l.state = 'added' THEN 'adding'
    ELSE l.state::text
  END AS state,
  CASE WHEN l.state = 'added' AND b.state = 'confirmed' THEN b.final_at END AS confirmed_at,
  l.event_at
FROM ledger l LEFT JOIN batch b ON b.id = l.batch_id;
