"""The browser front end: the same case as in 3D Slicer, for users who have a browser only.

It has two kinds of process (decision 0042). The *gateway* (``gateway.py``) is what the network sees: it signs users in,
writes the audit log and forwards requests. It holds no patient data. Behind it each user has a *worker*
(``worker.py``): a separate process with the MRML scene, the session and the page. A worker answers the gateway only,
and ends, with all its data, when its user has left.
"""
