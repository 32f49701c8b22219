ALTER TABLE "destination" ADD COLUMN "sunset_told_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "sync" ADD COLUMN "when_list_gone" text DEFAULT 'ask' NOT NULL;--> statement-breakpoint
ALTER TABLE "sync" ADD COLUMN "list_deleted_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "sync" ADD COLUMN "list_checked_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "sync" ADD COLUMN "list_check_at" timestamp with time zone;