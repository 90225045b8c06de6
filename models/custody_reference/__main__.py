from custody_reference.demonstration import main

main()
