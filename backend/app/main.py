"""The ASGI application: `uvicorn app.main:app`."""

from fastapi import FastAPI

from app.api import health

app = FastAPI(title="TagBuy Monitor", version="1", docs_url="/docs", redoc_url=None)
app.include_router(health.router)
