"""Find defects and restore the surface over them: predicted tables and bone in, patches, margins and points out."""
