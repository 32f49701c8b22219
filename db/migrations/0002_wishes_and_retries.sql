ALTER TABLE "audience" ADD COLUMN "retry_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "audience" ADD COLUMN "retry_step" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "delivery" ADD COLUMN "wishes" text[] DEFAULT '{}' NOT NULL;