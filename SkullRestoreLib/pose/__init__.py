"""Find the head frame: bone and template in, pose out; refined for bone that is missing."""
