"""The browser door: the same case as in 3D Slicer, for people who have nothing but a browser.

Two kinds of process. The *gate* (``gate.py``) is what the network sees: it signs people in, keeps their places, writes the audit and passes bytes on.
It knows no patient. Behind it each user has a *worker* (``worker.py``): a process of its own with the MRML scene, the session and the page, which
answers nobody but the gate and ends, with everything it held, when its user has gone.
"""
