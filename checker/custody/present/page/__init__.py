"""The whole run as one page that needs no network: what `custody report` writes.

`content` gathers what the page says, `html` and `markdown` write it; `page.html`, `page.css` and `page.js` are the
page itself.  Nothing here decides a verdict, and nothing depends on the clock: the same runs give the same bytes.
"""
