"""The demo: the main job on real parts, in steps that can each be repeated, ending with proofs instead of promises."""
