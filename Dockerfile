# The command line of Stompede:
#   docker build --tag stompede .
#   docker run --rm --init --volume "$PWD:/work" stompede run stompede/scenario.yaml
FROM node:24-slim AS dependencies
WORKDIR /stompede
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund

FROM node:24-slim
WORKDIR /stompede
COPY --from=dependencies /stompede/node_modules ./node_modules
COPY package.json LICENSE ./
COPY src ./src
COPY scenarios ./scenarios
# What init --performance writes.
COPY docs/ci ./docs/ci
# Scenarios are read from here and reports are written here: mount a directory of yours.
RUN mkdir /work && chown node:node /work
WORKDIR /work
USER node
ENTRYPOINT ["node", "/stompede/src/stompede.js"]
CMD ["--help"]
