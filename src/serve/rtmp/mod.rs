//! The RTMP server (owner: integrator).
