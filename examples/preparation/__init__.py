"""What the ``prepare`` commands share: video files, points and label maps become data folders."""
