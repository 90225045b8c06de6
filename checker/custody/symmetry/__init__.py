"""States up to exchanging interchangeable instances, for engines that keep one state of each orbit.

`detect` finds the symmetric roles of a system (`exchange`, `renaming` and `normal` are how), `permutation` is what
exchanges do to states, `arrangement` how an engine finds each orbit's representative quickly, `orbits` the plain
definition that engines are tested against, `images` what the representatives' steps say of all steps, and `frames`
makes a real run of a path through orbits.  Nothing here searches.
"""
