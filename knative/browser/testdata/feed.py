# What Universal Feed Parser (Debian: python3-feedparser) reads of a feed, as the items of a JSON Feed. Its first argument is the media type.
import json
import sys

import feedparser

feed = feedparser.parse(sys.stdin.buffer.read(), response_headers={"content-type": sys.argv[1]})
items = [
    {
        "id": e.get("id", ""),
        "title": e.get("title", ""),
        "url": e.get("link", ""),
        "content_text": e.get("summary", ""),
        "published": e.get("published_parsed", [0] * 6)[:6],
        "authors": [{"name": e.get("author", "")}],
        "tags": [t.term for t in e.get("tags", [])],
    }
    for e in feed.entries
]
json.dump({"wrong": str(feed.bozo_exception) if feed.bozo else "", "version": feed.version, "title": feed.feed.get("title", ""), "items": items}, sys.stdout)
