${value | twice} ${value | linked}
