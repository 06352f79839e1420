#undef LANES
#undef VECTOR
#undef LOAD
#undef STORE
#undef SPREAD
#undef ADD_PRODUCT
