"""The mechanics of the API, shared by every app that answers there: `docs/api.md` says what it promises."""
