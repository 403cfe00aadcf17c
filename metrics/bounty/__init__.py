"""A bias bounty from files: teams submit groups and better predictions for them, and the model is repaired.

The line: `terms` (bounty.toml) -> `rows` (everything loaded) -> `submission` (a file, read and resolved to a group and
its predictions) -> `judge` (the game) -> `ledger` (what was decided) -> `folder` (a folder judged and played again)
-> `board`, `credit`, `certify` and `certificate`, and `metrics.usage` (who looked at which features). `begin` and
`sending` fill a folder, `reports` and `reviews` are of findings without a model, `metrics.hunters` drafts submissions.
After Globus-Harris, Kearns & Roth 2022, "An Algorithmic Framework for Bias Bounties" (FAccT 2022).
"""
