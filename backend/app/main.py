"""The ASGI application: `uvicorn app.main:app`."""

from fastapi import FastAPI

from app.api import health, mentions

# No /docs page: its scripts come from another server, and the page is blank without it. /openapi.json describes all.
app = FastAPI(title="TagBuy Monitor", version="1", docs_url=None, redoc_url=None)
app.include_router(health.router)
app.include_router(mentions.router)
