<%text filter="n"><b></%text>
