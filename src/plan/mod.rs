//! A factor graph and its blocks lowered to an order of steps.
