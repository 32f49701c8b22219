CREATE TABLE "api_key" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"name" text NOT NULL,
	"role" text NOT NULL,
	"hash" text NOT NULL,
	"hint" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"last_used_at" timestamp with time zone,
	"revoked_at" timestamp with time zone,
	CONSTRAINT "api_key_hash_unique" UNIQUE("hash")
);
--> statement-breakpoint
CREATE TABLE "audience" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"name" text NOT NULL,
	"kind" text NOT NULL,
	"status" text DEFAULT 'draft' NOT NULL,
	"paused" boolean DEFAULT false NOT NULL,
	"source_id" uuid,
	"query" text,
	"table_name" text,
	"member_id" text NOT NULL,
	"refresh_interval_ms" bigint,
	"default_country" text,
	"fields" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"brake_percent" integer DEFAULT 30 NOT NULL,
	"brake_minimum" integer DEFAULT 100 NOT NULL,
	"archive_members" text,
	"load_no" bigint DEFAULT 0 NOT NULL,
	"size" bigint,
	"next_refresh_at" timestamp with time zone,
	"problem" jsonb,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "audience_member" (
	"audience_id" uuid NOT NULL,
	"load_no" bigint NOT NULL,
	"member_key" uuid NOT NULL,
	"row" "bytea" NOT NULL,
	CONSTRAINT "audience_member_audience_id_load_no_member_key_pk" PRIMARY KEY("audience_id","load_no","member_key")
);
--> statement-breakpoint
CREATE TABLE "audit_log" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "audit_log_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	"actor" text NOT NULL,
	"action" text NOT NULL,
	"subject" text NOT NULL,
	"detail" jsonb
);
--> statement-breakpoint
CREATE TABLE "batch" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "batch_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"delivery_id" uuid NOT NULL,
	"sync_no" integer NOT NULL,
	"number" integer NOT NULL,
	"phase" text NOT NULL,
	"operation" text NOT NULL,
	"list_id" text NOT NULL,
	"rows" integer NOT NULL,
	"state" text DEFAULT 'prepared' NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"parent_id" bigint,
	"reference" text,
	"received" integer,
	"refused" integer,
	"matched" integer,
	"reasons" jsonb,
	"problem" jsonb,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"sent_at" timestamp with time zone,
	"answered_at" timestamp with time zone,
	"ask_at" timestamp with time zone,
	"final_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "change" (
	"delivery_id" uuid NOT NULL,
	"member_key" uuid NOT NULL,
	"kind" text NOT NULL,
	"fingerprint" bigint,
	"identifiers" "bytea",
	"strong" bigint[],
	"reason" text,
	"batch_id" bigint,
	CONSTRAINT "change_delivery_id_member_key_pk" PRIMARY KEY("delivery_id","member_key")
);
--> statement-breakpoint
CREATE TABLE "delivery" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"run_id" uuid NOT NULL,
	"sync_id" uuid NOT NULL,
	"goal" text NOT NULL,
	"status" text NOT NULL,
	"sync_version" integer NOT NULL,
	"counts" jsonb NOT NULL,
	"plan_no" bigint NOT NULL,
	"planned_rows" bigint NOT NULL,
	"hashed_to" bigint DEFAULT 0 NOT NULL,
	"held_before" bigint NOT NULL,
	"approved_leaves" bigint,
	"held_digest" text,
	"lease_no" bigint DEFAULT 0 NOT NULL,
	"lease_until" timestamp with time zone,
	"cancel_requested" boolean DEFAULT false NOT NULL,
	"problem" jsonb,
	"started_at" timestamp with time zone DEFAULT now() NOT NULL,
	"uploaded_at" timestamp with time zone,
	"settled_at" timestamp with time zone,
	CONSTRAINT "delivery_planNo_unique" UNIQUE("plan_no")
);
--> statement-breakpoint
CREATE TABLE "destination" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"name" text NOT NULL,
	"platform" text NOT NULL,
	"settings" jsonb NOT NULL,
	"credentials" "bytea" NOT NULL,
	"sandbox" boolean DEFAULT false NOT NULL,
	"account" text NOT NULL,
	"status" text DEFAULT 'connected' NOT NULL,
	"problem" jsonb,
	"checked_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "idempotency" (
	"api_key_id" uuid NOT NULL,
	"key" text NOT NULL,
	"request" text NOT NULL,
	"status" integer,
	"body" jsonb,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "idempotency_api_key_id_key_pk" PRIMARY KEY("api_key_id","key")
);
--> statement-breakpoint
CREATE TABLE "quota" (
	"key" text PRIMARY KEY NOT NULL,
	"tokens" double precision NOT NULL,
	"filled_at" timestamp with time zone DEFAULT now() NOT NULL,
	"blocked_until" timestamp with time zone,
	"percent" double precision
);
--> statement-breakpoint
CREATE TABLE "run" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"audience_id" uuid NOT NULL,
	"status" text NOT NULL,
	"causes" text[] NOT NULL,
	"requested_at" timestamp with time zone DEFAULT now() NOT NULL,
	"started_at" timestamp with time zone,
	"finished_at" timestamp with time zone,
	"settled_at" timestamp with time zone,
	"cycle" text,
	"stage_no" bigint,
	"stage_rows" bigint,
	"stage_parts" integer,
	"stage_shape" jsonb,
	"size" bigint,
	"problem" jsonb,
	CONSTRAINT "run_cycle_unique" UNIQUE("cycle")
);
--> statement-breakpoint
CREATE TABLE "secret" (
	"name" text PRIMARY KEY NOT NULL,
	"sealed" "bytea" NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "source" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"name" text NOT NULL,
	"kind" text NOT NULL,
	"credentials" "bytea" NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "sync" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"no" serial NOT NULL,
	"audience_id" uuid NOT NULL,
	"destination_id" uuid NOT NULL,
	"mode" text NOT NULL,
	"keeping" text DEFAULT 'mirror' NOT NULL,
	"account" text NOT NULL,
	"list_id" text,
	"list_name" text,
	"list_wanted" text,
	"list_created" boolean DEFAULT false NOT NULL,
	"mapping" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"enabled" boolean DEFAULT false NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"intent" text DEFAULT 'match' NOT NULL,
	"after_empty" text,
	"next_list" jsonb,
	"resync" boolean DEFAULT false NOT NULL,
	"retry_rejected" boolean DEFAULT false NOT NULL,
	"recheck" boolean DEFAULT false NOT NULL,
	"missed" boolean DEFAULT false NOT NULL,
	"retry_at" timestamp with time zone,
	"retry_step" integer DEFAULT 0 NOT NULL,
	"problem" jsonb,
	"ledger_parts" integer DEFAULT 1 NOT NULL,
	"last_delivered_at" timestamp with time zone,
	"deleted_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "sync_no_unique" UNIQUE("no")
);
--> statement-breakpoint
ALTER TABLE "audience" ADD CONSTRAINT "audience_source_id_source_id_fk" FOREIGN KEY ("source_id") REFERENCES "public"."source"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "audience_member" ADD CONSTRAINT "audience_member_audience_id_audience_id_fk" FOREIGN KEY ("audience_id") REFERENCES "public"."audience"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "batch" ADD CONSTRAINT "batch_delivery_id_delivery_id_fk" FOREIGN KEY ("delivery_id") REFERENCES "public"."delivery"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "change" ADD CONSTRAINT "change_delivery_id_delivery_id_fk" FOREIGN KEY ("delivery_id") REFERENCES "public"."delivery"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "change" ADD CONSTRAINT "change_batch_id_batch_id_fk" FOREIGN KEY ("batch_id") REFERENCES "public"."batch"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "delivery" ADD CONSTRAINT "delivery_run_id_run_id_fk" FOREIGN KEY ("run_id") REFERENCES "public"."run"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "delivery" ADD CONSTRAINT "delivery_sync_id_sync_id_fk" FOREIGN KEY ("sync_id") REFERENCES "public"."sync"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "idempotency" ADD CONSTRAINT "idempotency_api_key_id_api_key_id_fk" FOREIGN KEY ("api_key_id") REFERENCES "public"."api_key"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "run" ADD CONSTRAINT "run_audience_id_audience_id_fk" FOREIGN KEY ("audience_id") REFERENCES "public"."audience"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sync" ADD CONSTRAINT "sync_audience_id_audience_id_fk" FOREIGN KEY ("audience_id") REFERENCES "public"."audience"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sync" ADD CONSTRAINT "sync_destination_id_destination_id_fk" FOREIGN KEY ("destination_id") REFERENCES "public"."destination"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "audience_status" ON "audience" USING btree ("status");--> statement-breakpoint
CREATE INDEX "audit_subject" ON "audit_log" USING btree ("subject","at");--> statement-breakpoint
CREATE UNIQUE INDEX "batch_number" ON "batch" USING btree ("delivery_id","number");--> statement-breakpoint
CREATE INDEX "batch_doubt" ON "batch" USING btree ("sync_no") WHERE "batch"."state" not in ('accepted', 'confirmed');--> statement-breakpoint
CREATE INDEX "batch_open" ON "batch" USING btree ("delivery_id") WHERE "batch"."final_at" is null;--> statement-breakpoint
CREATE INDEX "change_batch" ON "change" USING btree ("batch_id");--> statement-breakpoint
CREATE UNIQUE INDEX "delivery_one_open" ON "delivery" USING btree ("sync_id") WHERE "delivery"."status" in ('planned', 'hashing', 'uploading', 'held');--> statement-breakpoint
CREATE UNIQUE INDEX "delivery_run" ON "delivery" USING btree ("run_id","sync_id");--> statement-breakpoint
CREATE INDEX "delivery_sync" ON "delivery" USING btree ("sync_id","started_at");--> statement-breakpoint
CREATE UNIQUE INDEX "run_one_requested" ON "run" USING btree ("audience_id") WHERE "run"."status" = 'requested';--> statement-breakpoint
CREATE INDEX "run_audience" ON "run" USING btree ("audience_id","requested_at");--> statement-breakpoint
CREATE INDEX "run_open" ON "run" USING btree ("started_at") WHERE "run"."status" = 'running';--> statement-breakpoint
CREATE UNIQUE INDEX "sync_one_mirror" ON "sync" USING btree ("account","list_id") WHERE "sync"."keeping" = 'mirror' and "sync"."deleted_at" is null and "sync"."list_id" is not null;--> statement-breakpoint
CREATE INDEX "sync_audience" ON "sync" USING btree ("audience_id");--> statement-breakpoint
CREATE INDEX "sync_retry" ON "sync" USING btree ("retry_at") WHERE "sync"."retry_at" is not null;