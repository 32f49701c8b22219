ALTER TABLE "batch" ADD COLUMN "notes" jsonb;--> statement-breakpoint
ALTER TABLE "change" ADD COLUMN "plain" "bytea";--> statement-breakpoint
ALTER TABLE "change" ADD COLUMN "grouping" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "delivery" ADD COLUMN "waiting" jsonb;--> statement-breakpoint
ALTER TABLE "sync" ADD COLUMN "list_accepts" jsonb;--> statement-breakpoint
ALTER TABLE "sync" ADD COLUMN "list_forgets_after_ms" bigint;--> statement-breakpoint
ALTER TABLE "sync" ADD COLUMN "settings" jsonb DEFAULT '{}'::jsonb NOT NULL;--> statement-breakpoint
-- sealed plain values, for platforms that must be told them again, and the platform's own id of the person
ALTER TABLE ledger ADD COLUMN plain bytea, ADD COLUMN platform_id text;
