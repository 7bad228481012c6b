//! `hearth doctor`: the memory budget and what is amiss.
